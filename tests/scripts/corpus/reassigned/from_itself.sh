BATCH=32
BATCH=$((BATCH * 2))
NAME=a
NAME=$NAME-b
python3 -m train.ppo data.train_batch_size=$BATCH trainer.experiment_name=$NAME
