CONFIG=grpo
python3 train.py -cn $CONFIG -cp ./conf data.train_batch_size=64 "$@"
