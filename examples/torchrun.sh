#!/usr/bin/env bash
# Starts an experiment with PyTorch's launcher. Run this on every computer, with the number of each:
#
#     NODE_RANK=0 NODES=2 MASTER=node-a ARCC_RUN_TOKEN=... examples/torchrun.sh experiments/arcface_torch/wf42m.arc wf42m_pfc02_r100_16gpus \
#       --folder runs/wf42m-1
#
# One process drives all GPUs of a computer, so --nproc-per-node is 1. torchrun itself listens at --master-port of the first
# computer, arcc at the next one. After a failure torchrun starts the processes again, up to three times: they go on with the run in
# --folder.
set -euo pipefail

: "${NODE_RANK:?the number of this computer, from 0}" "${NODES:?the number of computers}" "${MASTER:?the name of the first computer}"
: "${ARCC_RUN_TOKEN:?the same secret on all computers: head -c 32 /dev/urandom | base64}"
export ARCC_RUN_TOKEN

exec torchrun --no-python --nnodes "$NODES" --node-rank "$NODE_RANK" --nproc-per-node 1 --max-restarts 3 \
  --master-addr "$MASTER" --master-port 29400 \
  npx arcc run "$@" --continue --plain
