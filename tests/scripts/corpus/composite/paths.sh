DATA=/data
SET=gsm8k
python3 -m train.ppo data.train_files="$DATA/$SET/train.parquet" data.val_files=$DATA/$SET/test.parquet \
    trainer.default_local_dir=/ckpt/${SET}_run data.train_batch_size=64
