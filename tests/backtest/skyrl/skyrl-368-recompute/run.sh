#!/usr/bin/env bash
set -x
uv run --isolated --extra mcore -m skyrl_train.entrypoints.main_base \
  trainer.strategy=megatron \
  trainer.placement.colocate_all=true \
  trainer.placement.policy_num_nodes=2 \
  trainer.placement.policy_num_gpus_per_node=8 \
  trainer.placement.ref_num_nodes=2 \
  trainer.placement.ref_num_gpus_per_node=8 \
  generator.num_inference_engines=2 \
  generator.inference_engine_tensor_parallel_size=8 \
  generator.gpu_memory_utilization=0.7 \
  trainer.policy.megatron_config.tensor_model_parallel_size=4 \
  trainer.policy.megatron_config.pipeline_model_parallel_size=2 \
  trainer.ref.megatron_config.tensor_model_parallel_size=4 \
  trainer.ref.megatron_config.pipeline_model_parallel_size=2 \
  trainer.train_batch_size=128 \
  trainer.policy_mini_batch_size=64 \
  trainer.micro_forward_batch_size_per_gpu=4 \
  trainer.micro_train_batch_size_per_gpu=4 \
  "$@"
