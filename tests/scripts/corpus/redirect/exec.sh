exec 3> run.log
python3 -m train.ppo \
    data.train_batch_size=64 \
    rollout.n=4 \
    >&3 2>&3 < /dev/null
