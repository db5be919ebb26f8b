source ./site.env 2> /dev/null || true
python3 -m train.ppo data.train_batch_size=${BATCH:-64} rollout.n=4
