NNODES=2
export NNODES
python3 -m train.ppo trainer.nnodes=$NNODES data.train_batch_size=64
