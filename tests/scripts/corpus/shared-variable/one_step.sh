micro_batch=8
lr=1e-6
python3 -m train.ppo \
  actor.ppo_micro_batch_size_per_gpu=$micro_batch \
  actor.optim.lr="$lr" \
  trainer.n_gpus_per_node="${GPUS:-8}"
