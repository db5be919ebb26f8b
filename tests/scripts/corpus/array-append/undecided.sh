EXTRA=()
if grep -q H100 /proc/driver/none 2> /dev/null; then
    EXTRA+=(rollout.gpu_memory_utilization=0.8)
fi
python3 -m train.ppo data.train_batch_size=64 rollout.gpu_memory_utilization=0.6 "${EXTRA[@]}"
