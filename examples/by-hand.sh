#!/usr/bin/env bash
# Starts an experiment on several computers with ssh, one process on each; the first one is rank 0.
#
#     examples/by-hand.sh experiments/arcface_torch/wf42m.arc wf42m_pfc02_r100_16gpus node-a node-b
#
# This folder, the data and runs/ are on a file system that all of them share, at the same path. The first computer must be reachable
# from the others at PORT.
set -euo pipefail

if [ $# -lt 4 ]; then
  printf 'usage: %s FILE EXPERIMENT HOST HOST...\n' "$0" >&2
  exit 1
fi
file=$1
experiment=$2
shift 2
hosts=("$@")
port=${PORT:-29500}

# A new token for this run, in a file that only its owner reads: in a command's arguments, every user of a computer could see it.
umask 077
token=$(mktemp -d)/token
trap 'rm -rf "$(dirname "$token")"' EXIT
head -c 32 /dev/urandom | base64 >"$token"

# The token goes through the connection of ssh into a file of that computer, which is deleted at the end. The terminal (-tt) is how the
# process there learns that this script is interrupted: it gets SIGHUP, and all nodes stop after the same step.
start() {
  local rank=$1 host=$2 file_there run
  file_there=$(ssh -o BatchMode=yes "$host" 'umask 077 && file=$(mktemp) && cat >"$file" && echo "$file"' <"$token")
  run=$(printf '%q ' cd "$PWD")"&& trap $(printf %q "rm -f $file_there") EXIT && "$(
    printf '%q ' npx arcc run "$file" "$experiment" --nodes "${#hosts[@]}" --node-rank "$rank" \
      --rendezvous "${hosts[0]}:$port" --token-file "$file_there" --plain
  )
  ssh -tt -o BatchMode=yes "$host" "bash -c $(printf %q "$run")" </dev/null 2>&1 | sed -u "s/^/$host: /"
}

pids=()
for rank in "${!hosts[@]}"; do
  start "$rank" "${hosts[$rank]}" &
  pids+=($!)
done
status=0
for pid in "${pids[@]}"; do wait "$pid" || status=$?; done
exit "$status"
