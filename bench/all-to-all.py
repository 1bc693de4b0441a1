"""The products of bench/all-to-all.ts with NumPy, and the usual way to TAR at FAR there: a histogram of 2^16 bins of each block, which is
not exact. Prints seconds as JSON; counting is measured on every `share`-th block and projected."""
import json
import sys
import time

import numpy as np

count, dim, block, share, threads = (int(x) for x in sys.argv[1:6])
rng = np.random.default_rng(1)
x = rng.standard_normal((count, dim), dtype=np.float32)
x /= np.linalg.norm(x, axis=1, keepdims=True)
labels = np.arange(count) // 10
tiles = range(0, count, block)
blocks = [(a, b) for a in tiles for b in tiles if b >= a]
out = np.empty((block, block), dtype=np.float32)
np.dot(x[:block], x[:block].T, out=out)

began = time.perf_counter()
for a, b in blocks:
    rows, columns = x[a:a + block], x[b:b + block]
    if len(rows) == block and len(columns) == block:
        np.dot(rows, columns.T, out=out)
    else:
        rows @ columns.T
product = time.perf_counter() - began

some = blocks[::share]
impostors = np.zeros(2**16, dtype=np.int64)
genuine = []
began = time.perf_counter()
for a, b in some:
    scores = x[a:a + block] @ x[b:b + block].T
    same = labels[a:a + block, None] == labels[None, b:b + block]
    genuine.append(scores[same])
    impostors += np.histogram(scores[~same], bins=2**16, range=(-1.01, 1.01))[0]
usual = (time.perf_counter() - began) * len(blocks) / len(some)
print(json.dumps(dict(product=product, usual=usual, numpy=np.__version__)))
