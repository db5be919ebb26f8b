# Start: run.sh --gpus 4 rollout.n=2
GPUS=8
while [[ $# -gt 0 ]]; do
    case "$1" in
        --gpus) GPUS="$2"; shift 2 ;;
        *) break ;;
    esac
done
python3 -m train.ppo trainer.n_gpus_per_node=$GPUS data.train_batch_size=64 "$@"
