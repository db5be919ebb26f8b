SCRIPT=train_ppo.py
python3 -u $SCRIPT data.train_batch_size=64 "$@"
