#!/usr/bin/env bash
python3 -m verl.trainer.main \
    config=examples/config.yaml \
    data.rollout_batch_size=512 \
    worker.actor.model.model_path=/models/base-7b \
    worker.actor.offload.offload_params=true \
    worker.actor.offload.offload_optimizer=true \
    worker.ref.fsdp.enable_cpu_offload=true \
    worker.rollout.gpu_memory_utilization=0.7 \
    worker.rollout.tensor_parallel_size=4 \
    worker.rollout.n=5
