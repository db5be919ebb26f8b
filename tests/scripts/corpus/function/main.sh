#!/usr/bin/env bash
MICRO=8
main() {
    python3 -m train.ppo \
        data.train_batch_size=64 \
        actor.ppo_micro_batch_size_per_gpu=$MICRO \
        "$@"
}
main "$@"
