#!/usr/bin/env bash
uv run --extra megatron -m skyrl.train.entrypoints.main_base \
  trainer.strategy=megatron \
  trainer.placement.policy_num_gpus_per_node=8 \
  trainer.placement.ref_num_gpus_per_node=8 \
  generator.inference_engine.num_engines=8 \
  trainer.policy.megatron_config.tensor_model_parallel_size=2 \
  trainer.ref.megatron_config.tensor_model_parallel_size=2 \
  trainer.logprobs_chunk_size=null \
  trainer.max_prompt_length=4096 \
  generator.sampling_params.max_generate_length=16384 \
  "$@"
