train() {
    local batch=$1
    shift
    python3 -m train.ppo data.train_batch_size=$batch rollout.n=4 "$@"
}
train 64 trainer.nnodes=1
