DEBUG=${DEBUG:-}
BATCH=256
[ -n "$DEBUG" ] && BATCH=8
[[ -z "$DEBUG" ]] || set -x
python3 -m train.ppo data.train_batch_size=$BATCH rollout.n=4
