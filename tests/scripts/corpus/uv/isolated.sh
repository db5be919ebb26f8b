uv run --isolated --extra vllm -m examples.train \
    data.train_batch_size=64 \
    trainer.n_gpus_per_node="${GPUS:-4}" \
    $@
