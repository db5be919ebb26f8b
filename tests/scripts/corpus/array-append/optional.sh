# Start: EAGER=1 run.sh
ARGS=(data.train_batch_size=64 rollout.enforce_eager=False)
if [ -n "${EAGER:-}" ]; then
    ARGS+=(rollout.enforce_eager=True)
fi
python3 -m train.ppo "${ARGS[@]}"
