# Start: MICRO=2 NNODES=4 run.sh trainer.total_epochs=1
set -u
export NNODES=${NNODES:-1}
MICRO=${MICRO:-8}
python3 -m train.ppo actor.ppo_micro_batch_size_per_gpu=$MICRO trainer.nnodes=$NNODES data.train_batch_size=${BATCH:-32} "$@"
