. ./arguments.sh
python3 -m train.ppo "${COMMON[@]}" trainer.total_epochs=2 "$@"
