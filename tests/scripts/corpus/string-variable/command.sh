GPUS=8
TRAIN_CMD="python3 -m train.ppo ++cluster.num_nodes=2 ++cluster.gpus_per_node=$GPUS data.train_batch_size=64"
$TRAIN_CMD
