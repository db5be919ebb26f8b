for seed in 1 2 3; do
    python3 -m train.ppo data.seed=$seed data.train_batch_size=64
done
