# Start: MASTER_ADDR=10.0.0.1 NODE_RANK=0 run.sh
torchrun --nnodes ${NNODES:-2} --node_rank $NODE_RANK --master_addr "$MASTER_ADDR" --nproc_per_node 8 \
    train_sft.py data.train_batch_size=256 trainer.nnodes=${NNODES:-2} "$@"
