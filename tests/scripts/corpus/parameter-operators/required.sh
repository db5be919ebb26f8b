# Start: MODEL=/m run.sh
: "${MODEL:?set MODEL}"
python3 -m train.ppo model.path=${MODEL:?} data.train_batch_size=64
