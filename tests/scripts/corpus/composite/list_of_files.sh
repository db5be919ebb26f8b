# Start: HOME=/home/someone run.sh
gsm8k=$HOME/data/gsm8k/train.parquet
math=$HOME/data/math/train.parquet
train_files="['$gsm8k', '$math']"
python3 -m train.ppo data.train_files="$train_files" data.val_files="['$HOME/a.parquet']" \
    data.train_batch_size=1024
