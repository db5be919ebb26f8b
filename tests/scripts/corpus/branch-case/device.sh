#!/usr/bin/env bash
DEVICE=${DEVICE:-cuda}
BASE=(data.train_batch_size=256 rollout.n=8)
case "${DEVICE}" in
    cuda)
        BASE+=(rollout.gpu_memory_utilization=0.7)
        ;;
    npu)
        BASE+=(rollout.gpu_memory_utilization=0.5 trainer.device=npu)
        ;;
    *)
        echo "unknown device" >&2
        exit 1
        ;;
esac
python3 -m train.ppo "${BASE[@]}" "$@"
