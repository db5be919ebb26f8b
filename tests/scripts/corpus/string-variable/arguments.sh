EXTRA="rollout.n=4 rollout.gpu_memory_utilization=0.6"
python3 -m train.ppo data.train_batch_size=64 ${EXTRA} "$@"
