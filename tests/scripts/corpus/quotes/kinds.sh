python3 -m train.ppo \
    data.truncation='error' \
    trainer.experiment_name="llama3_8b" \
    "+ray_init.num_gpus=8" \
    'trainer.project_name=grpo' \
    trainer.logger=['console','wandb'] \
    trainer.tags='["a","b"]' \
    data.train_batch_size="64" rollout.n='4'
