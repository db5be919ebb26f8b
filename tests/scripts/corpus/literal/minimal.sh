python train.py data.train_batch_size=64
