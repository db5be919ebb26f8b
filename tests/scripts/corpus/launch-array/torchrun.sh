NPROC=${NPROC:-8}
LAUNCH=(torchrun --standalone --nproc_per_node="$NPROC")
ARGS=(data.train_batch_size=64 trainer.n_gpus_per_node="$NPROC")
"${LAUNCH[@]}" -m train.sft "${ARGS[@]}" "$@"
