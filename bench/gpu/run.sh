#!/bin/bash
# Runs the GPU kit in this script's folder: bash run.sh [RESULTS]. RESULTS defaults to $OUT, else ./results. Needs bash, python3 and,
# except for a rehearsal, an NVIDIA GPU. README.md of bench/gpu describes the variables: LIMIT, PARTS, DATE, PLUGIN, CPU_PLUGIN, KIT_HOME.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
mkdir -p "${1:-${OUT:-results}}"
results=$(cd "${1:-${OUT:-results}}" && pwd)
home=${KIT_HOME:-/tmp/arcc-gpu-kit}
mkdir -p "$home"
python3 - "$here" "$home" <<'PY'
import glob, lzma, os, shutil, sys, tarfile
here, home = sys.argv[1:]
with lzma.open(glob.glob(f"{here}/node-*.xz")[0]) as source, open(f"{home}/node.part", "wb") as target:
    shutil.copyfileobj(source, target, 1 << 20)
os.chmod(f"{home}/node.part", 0o755)
os.replace(f"{home}/node.part", f"{home}/node")
tarfile.open(f"{here}/arcc.tar.xz").extractall(home)
PY
cd "$home/arcc"
exec "$home/node" dist/gpu-kit.js "$results" "$((${LIMIT:-520} - SECONDS))"
