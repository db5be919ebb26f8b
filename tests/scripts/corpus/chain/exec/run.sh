#!/usr/bin/env bash
ARGS=(data.train_batch_size=64 rollout.n=4)
exec python3 -m train.ppo "${ARGS[@]}" "$@"
