cat > overrides.txt << EOF
data.train_batch_size=128
rollout.n=8
EOF
python3 -m train.ppo data.train_batch_size=64 rollout.n=4
