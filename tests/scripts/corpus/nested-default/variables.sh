GPUS=8
BATCH=${BATCH:-${DEFAULT_BATCH:-64}}
MICRO=${MICRO:-$GPUS}
python3 -m train.ppo data.train_batch_size=$BATCH actor.ppo_micro_batch_size_per_gpu=$MICRO \
    trainer.n_gpus_per_node=$GPUS
