DEBUG=0
python3 -m train.ppo data.train_batch_size=$((DEBUG ? 8 : 0x40)) trainer.total_epochs=$((7 / 2)) \
    actor.ppo_micro_batch_size_per_gpu=$((17 % 5))
