BATCH=${BATCH:-64}   # from the environment
python3 -m train.ppo data.train_batch_size=$BATCH
# end
