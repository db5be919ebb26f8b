# Start: STRATEGY=fsdp2 run.sh
if [[ ${STRATEGY:-fsdp} == fsdp2 ]]; then
    python3 -m train.ppo \
        actor.strategy=fsdp2 \
        data.train_batch_size=128
else
    python3 -m train.ppo \
        actor.strategy=fsdp \
        data.train_batch_size=64
fi
