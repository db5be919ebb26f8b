#!/usr/bin/env bash
# A small model, policy and engine together on four 24 GB cards.
uv run --isolated --extra fsdp -m skyrl.train.entrypoints.main_base \
    trainer.strategy=fsdp2 \
    trainer.policy.model.path=/models/base-0.6b \
    trainer.placement.colocate_all=true \
    trainer.placement.policy_num_gpus_per_node=4 \
    generator.inference_engine.num_engines=4 \
    generator.inference_engine.tensor_parallel_size=1 \
    generator.inference_engine.gpu_memory_utilization=0.8 \
    trainer.train_batch_size=64 \
    trainer.policy_mini_batch_size=32
