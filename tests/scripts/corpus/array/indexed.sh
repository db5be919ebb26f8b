SIZES=(16 32 64)
python3 -m train.ppo data.train_batch_size=${SIZES[1]} rollout.n=${#SIZES[@]}
