for model in qwen llama; do
    python3 -m train.ppo \
        model.path=/models/$model \
        trainer.experiment_name=grpo_$model \
        data.train_batch_size=64 \
        rollout.n=4
done
