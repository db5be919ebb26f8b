python3 -m serve.reward --port 8000 > serve.log 2>&1 &
SERVER=$!
python3 -m train.ppo reward.url=http://localhost:8000 data.train_batch_size=64
wait $SERVER
