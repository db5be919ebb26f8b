i=0
while [ $i -lt 2 ]; do
    python3 -m train.ppo data.seed=$i data.train_batch_size=64
    i=$((i + 1))
done
