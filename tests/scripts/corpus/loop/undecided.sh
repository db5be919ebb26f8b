for file in $(cat files.txt 2> /dev/null || echo a b); do
    python3 -m train.ppo data.train_files=$file data.train_batch_size=64
done
