# Start: BATCH=48 run.sh
: "${BATCH:=128}" "${EPOCHS=2}"
python3 -m train.ppo data.train_batch_size="$BATCH" trainer.total_epochs="$EPOCHS"
