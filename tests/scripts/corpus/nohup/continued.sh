nohup \
    python3 -u -m train.ppo \
    data.train_batch_size=64 \
    "$@" > run.log 2>&1 &
echo started
