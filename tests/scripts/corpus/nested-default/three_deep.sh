# Start: B=3 run.sh
python3 -m train.ppo data.train_batch_size=${A:-${B:-${C:-4}}} \
    trainer.experiment_name="${NAME:-run_${TAG:-plain}}" rollout.n=${N:-$((2 * 4))}
