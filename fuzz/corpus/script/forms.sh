set -u
args=(a.b=1 "c.d='x y'" $'e=\t')
args+=(+f=[1,2])
if [[ $MODE == fast ]]; then args+=(g=2); else args+=(g=3); fi
for lr in 1 2; do
  run() { python train.py "${args[@]}" lr="$lr" "$1"; }
  run k=v | tee log &
done
bash -c "python -m app.main x=${X/a/b}"
cat <<EOF > job.sh
python train.py z=$Z
EOF
