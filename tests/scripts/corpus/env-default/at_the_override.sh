# Start: BATCH=96 run.sh
python3 -m train.ppo \
    data.train_batch_size=${BATCH:-64} \
    rollout.n=${N:-4} \
    data.max_response_length=${LENGTH-1024}
