N_GPUS=8
python3 -m train.ppo data.train_batch_size=$((N_GPUS * 16)) rollout.n=$(( 2 ** 3 )) "data.max_response_length=$((4 << 8))"
