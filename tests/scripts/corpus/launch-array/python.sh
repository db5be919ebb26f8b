LAUNCH=(python3 -u)
"${LAUNCH[@]}" -m train.ppo \
    data.train_batch_size=64 \
    rollout.n=4 \
    "$@"
