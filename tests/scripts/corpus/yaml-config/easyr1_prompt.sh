FORMAT_PROMPT="think first, then answer"
python3 -m verl.trainer.main config=examples/config.yaml data.system_prompt="${FORMAT_PROMPT}" \
    worker.rollout.gpu_memory_utilization=0.6
