# Start: run.sh trainer.total_epochs=1
python3 -m train.ppo \
    data.train_batch_size=64 \
    trainer.total_epochs=15 $@
