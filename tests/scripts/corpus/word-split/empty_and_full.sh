COMMON="data.train_batch_size=32"
MORE=
python3 -m train.ppo $COMMON $MORE rollout.n=2 $UNSET_EXTRA
