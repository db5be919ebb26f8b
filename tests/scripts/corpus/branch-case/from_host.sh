case "$(hostname)" in
    gpu*) GPUS=8 ;;
    *) GPUS=1 ;;
esac
python3 -m train.ppo trainer.n_gpus_per_node=$GPUS data.train_batch_size=64
