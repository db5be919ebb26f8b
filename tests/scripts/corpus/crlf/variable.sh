BATCH=64
python3 -m train.ppo data.train_batch_size=$BATCH rollout.n=4 trainer.nnodes=1
