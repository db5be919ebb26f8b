#!/bin/bash
cd "$(dirname "$0")" || exit 1
mkdir -p logs

        python3 -u -m train.ppo \
                data.train_batch_size=512 \
                rollout.n=8                 \
                data.max_response_length=2048 \
                trainer.total_epochs=3
