GPUS=$1
shift
BATCH=${BATCH:-64}
python3 -m train.ppo data.train_batch_size=$BATCH trainer.n_gpus_per_node=$GPUS "$@"
