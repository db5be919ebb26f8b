#!/usr/bin/env bash
python src/train.py experiment=example trainer=ddp trainer.devices=2 data.batch_size=64 data.num_workers=4
