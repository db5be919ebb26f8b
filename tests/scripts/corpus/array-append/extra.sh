ARGS=(data.train_batch_size=64)
ARGS+=(rollout.n=4)
ARGS+=(
    actor.ppo_micro_batch_size_per_gpu=8
    trainer.total_epochs=2
)
python3 -m train.ppo "${ARGS[@]}"
