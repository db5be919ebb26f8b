# Start: RESUME=/ckpt/7 run.sh
python3 -m train.ppo data.train_batch_size=64 ${RESUME:+trainer.resume_from=$RESUME} ${DEBUG:+trainer.debug=True} rollout.n=4
