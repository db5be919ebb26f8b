python3 -m train.ppo trainer.experiment_name=a\ b data.prefix="say \"hi\" \$x" data.suffix=$'tab\there' \
    data.pattern='it'\''s' data.train_batch_size=\64
