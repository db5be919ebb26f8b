uv run examples/run_grpo.py \
    --config examples/configs/grpo.yaml \
    grpo.num_prompts_per_step=64 \
    policy.train_micro_batch_size=4 \
    cluster.gpus_per_node=8
