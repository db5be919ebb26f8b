# Start: run.sh 7b
case ${1:-} in
    0.5b | 1.5b) micro=16 ;;
    7b) micro=4 ;;
    *) micro=2 ;;
esac
shift
python3 -m train.ppo actor.ppo_micro_batch_size_per_gpu=$micro data.train_batch_size=128 "$@"
