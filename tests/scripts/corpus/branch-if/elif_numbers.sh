GPUS=${GPUS:-4}
if [ $GPUS -ge 8 ]; then TP=4; elif [ $GPUS -ge 4 ]; then TP=2; else TP=1; fi
python3 -m train.ppo trainer.n_gpus_per_node=$GPUS rollout.tensor_model_parallel_size=$TP data.train_batch_size=64
