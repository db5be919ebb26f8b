# Start: run.sh demo rollout.n=2 data.seed=7
name=$1
python3 -m train.ppo trainer.experiment_name=$name data.train_batch_size=32 "${@:2}"
