if [ "${USE_UV:-0}" = 1 ]; then LAUNCH=(uv run python); else LAUNCH=(python3); fi
"${LAUNCH[@]}" -m train.ppo data.train_batch_size=64 rollout.n=4
