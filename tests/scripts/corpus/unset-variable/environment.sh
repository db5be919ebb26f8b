# Start: MODEL_PATH=/models/q HOME=/home/someone run.sh
python3 -m train.ppo model.path=$MODEL_PATH data.train_files=$HOME/data/train.parquet data.train_batch_size=64
