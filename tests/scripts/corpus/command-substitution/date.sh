NAME=run_$(date +%Y%m%d)
python3 -m train.ppo trainer.experiment_name=$NAME data.train_batch_size=64 rollout.n=4
