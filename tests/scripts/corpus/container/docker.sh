docker run --rm --gpus all -v /data:/data image:latest python3 -m train.ppo \
    data.train_batch_size=64 \
    rollout.n=4
