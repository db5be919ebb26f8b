batch=4
((batch *= 8))
let micro=batch/16
python3 -m train.ppo data.train_batch_size=$batch actor.ppo_micro_batch_size_per_gpu=$micro
