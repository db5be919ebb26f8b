#!/usr/bin/env bash
# A mixture of experts with 30B parameters on four nodes of eight cards.
uv run examples/run_grpo.py --config config.yaml checkpointing.enabled=false
