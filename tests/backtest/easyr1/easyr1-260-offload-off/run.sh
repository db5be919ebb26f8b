#!/usr/bin/env bash
# A 7B model on one node with 480 GB of host memory.
set -x
python3 -m verl.trainer.main \
    config=examples/config.yaml \
    data.rollout_batch_size=256 \
    data.max_response_length=2048 \
    worker.actor.model.model_path=/models/base-7b \
    worker.actor.global_batch_size=128 \
    worker.actor.offload.offload_params=true \
    worker.actor.offload.offload_optimizer=true \
    worker.ref.fsdp.enable_cpu_offload=false \
    worker.ref.offload.offload_params=false \
    worker.rollout.tensor_parallel_size=2 \
    trainer.n_gpus_per_node=8
