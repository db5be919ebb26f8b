WORKING_DIR=${WORKING_DIR:-/data/dir}
RUNTIME_ENV=$WORKING_DIR/runtime_env.yaml
ray job submit --no-wait --runtime-env="$RUNTIME_ENV" \
    --working-dir "$WORKING_DIR" \
    -- python3 -m train.ppo \
    data.train_batch_size=512 \
    rollout.n=16
