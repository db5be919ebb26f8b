# Unread: the script that is started is written only now.
cat << 'EOF' > job.sh
python3 -m train.ppo data.train_batch_size=128
EOF
bash job.sh
