ARGS=()
for kv in rollout.n=4 data.train_batch_size=64; do
    ARGS+=("$kv")
done
python3 -m train.ppo "${ARGS[@]}" trainer.nnodes=1
