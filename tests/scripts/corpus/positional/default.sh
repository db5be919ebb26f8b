# Start: run.sh 16
BATCH=${1:-64}
MICRO=${2:-4}
python3 -m train.ppo data.train_batch_size=$BATCH actor.ppo_micro_batch_size_per_gpu=$MICRO
