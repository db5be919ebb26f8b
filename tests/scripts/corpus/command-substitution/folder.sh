HERE=$(cd "$(dirname "$0")" && pwd)
python3 -m train.ppo data.train_files=$HERE/train.parquet data.train_batch_size=64
