a=512
b=1024
python3 -m train.ppo rollout.max_num_batched_tokens=$((a + b)) data.train_batch_size=$(( a / 8 )) data.max_response_length=$b
