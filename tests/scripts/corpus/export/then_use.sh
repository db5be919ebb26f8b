export BATCH=64
export NNODES=1 GPUS=8
declare -x MICRO=4
readonly EPOCHS=3
python3 -m train.ppo data.train_batch_size=$BATCH trainer.nnodes=$NNODES trainer.n_gpus_per_node=$GPUS \
    actor.ppo_micro_batch_size_per_gpu=$MICRO trainer.total_epochs=$EPOCHS
