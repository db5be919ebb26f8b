MODEL=Qwen/Qwen2.5-7B
python3 -m train.ppo model.path=$MODEL trainer.experiment_name=${MODEL//\//_} trainer.short=${MODEL##*/} \
    trainer.family=${MODEL%%/*} trainer.lower=${MODEL,,} data.train_batch_size=64
