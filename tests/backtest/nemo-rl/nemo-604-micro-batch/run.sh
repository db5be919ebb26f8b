#!/usr/bin/env bash
# Puzzles in several turns, eight 80 GB cards.
uv run python examples/run_grpo_sliding_puzzle.py \
    policy.train_micro_batch_size=4 \
    policy.max_total_sequence_length=3072 \
    cluster.gpus_per_node=8
