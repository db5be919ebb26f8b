HYDRA_FULL_ERROR=1 CUDA_VISIBLE_DEVICES=0,1 python3 -m train.ppo data.train_batch_size=64 trainer.n_gpus_per_node=2
