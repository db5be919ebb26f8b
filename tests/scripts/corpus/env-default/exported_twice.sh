export VLLM_USE_V1=${VLLM_USE_V1:-1}
export BATCH="${BATCH:-256}"
BATCH="${BATCH:-512}"
python3 -m train.ppo data.train_batch_size=$BATCH rollout.n=${ROLLOUTS:-"8"}
