# Start: NUM_GPUS=2 LOGGER=wandb run.sh trainer.epochs=1
: "${NUM_GPUS:=4}"
: "${LOGGER:=console}"
: "${MICRO_TRAIN:=16}"
uv run --isolated -m skyrl_train.entrypoints.main_base \
    trainer.placement.policy_num_gpus_per_node=$NUM_GPUS \
    trainer.micro_train_batch_size_per_gpu=$MICRO_TRAIN \
    trainer.logger="$LOGGER" \
    "$@"
