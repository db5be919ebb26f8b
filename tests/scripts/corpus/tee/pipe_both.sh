set -o pipefail
python3 -m train.ppo data.train_batch_size=64 "$@" |& tee run.log
