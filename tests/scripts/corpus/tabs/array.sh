ARGS=(
	data.train_batch_size=64
	rollout.n=4	# tabs all the way
)
python3 -m train.ppo 	 "${ARGS[@]}"
