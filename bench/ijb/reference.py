"""Figures of insightface's own programs on a made set in IJB's layout, for test/golden/ijb/figures.json.

    python bench/ijb/reference.py FOLDER > test/golden/ijb/figures.json

FOLDER has recognition/arcface_torch/eval_ijbc.py and recognition/_evaluation_/ijb/ijb_1n.py of insightface (commit 7fadd42). Needs numpy,
pandas and scikit-learn. test/helpers/made-ijb.ts makes the same set.
"""
import ast
import contextlib
import io
import json
import math
import heapq
import os
import sys

import numpy as np
import pandas as pd
import sklearn
import sklearn.preprocessing
from sklearn.metrics import auc, roc_curve

TEMPLATES, PEOPLE, DIM, PAIRS = 2000, 400, 64, 200000


def noise(index, salt):
    """Murmur3's finalizer, as numbers in [-0.5, 0.5)."""
    with np.errstate(over='ignore'):
        h = (np.asarray(index, dtype=np.uint32) * np.uint32(2654435761)) ^ np.uint32(salt)
        h ^= h >> np.uint32(16)
        h = h * np.uint32(0x85EBCA6B)
        h ^= h >> np.uint32(13)
        h = h * np.uint32(0xC2B2AE35)
        h ^= h >> np.uint32(16)
    return (h.astype(np.float64) / 2**32 - 0.5)


def functions_of(path, names):
    """The named functions of a program, without running it; `np.int` is gone since NumPy 1.24."""
    source = open(path).read().replace('np.int)', 'int)')
    tree = ast.parse(source)
    body = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name in names]
    scope = dict(np=np, pd=pd, sklearn=sklearn, math=math, heapq=heapq)
    exec(compile(ast.Module(body=body, type_ignores=[]), path, 'exec'), scope)
    return scope


def made_set():
    size = 1 + np.floor((noise(np.arange(TEMPLATES), 1) + 0.5) * 6).astype(int)
    template = np.repeat(np.arange(TEMPLATES), size)
    count = len(template)
    medium = np.floor((noise(np.arange(count), 2) + 0.5) * 3).astype(int)
    detector = (noise(np.arange(count), 3) * 0.5 + 0.75).astype(np.float32)
    person = np.arange(TEMPLATES) % PEOPLE
    identity = noise(np.arange(PEOPLE * DIM), 4).reshape(PEOPLE, DIM)
    own = noise(np.arange(count * DIM), 5).reshape(count, DIM)
    mirror = noise(np.arange(count * DIM), 6).reshape(count, DIM)
    original = (identity[person[template]] + own * 2.5).astype(np.float32)
    mirrored = (identity[person[template]] + own * 2.5 + mirror * 0.5).astype(np.float32)
    p = np.arange(PAIRS)
    first = np.floor((noise(p, 7) + 0.5) * TEMPLATES).astype(int)
    other = np.floor((noise(p, 8) + 0.5) * TEMPLATES).astype(int)
    # Every tenth pair shows one person.
    second = np.where(p % 10 == 0, (first + PEOPLE * (1 + p // 10 % 4)) % TEMPLATES, other)
    same = (person[first] == person[second]).astype(int)
    # The numbers in the files have gaps.
    return dict(count=count, template=template * 3 + 1, medium=medium, detector=detector, first=first * 3 + 1,
                second=second * 3 + 1, same=same, original=original, mirrored=mirrored, person=person)


def inputs(s, flip, norm, detector):
    """As between the steps of eval_ijbc.py."""
    img_feats = np.concatenate([s['original'], s['mirrored']], axis=1)
    half = img_feats.shape[1] // 2
    feats = img_feats[:, 0:half] + img_feats[:, half:] if flip else img_feats[:, 0:half]
    if not norm:
        feats = feats / np.sqrt(np.sum(feats**2, -1, keepdims=True))
    if detector:
        feats = feats * s['detector'][:, np.newaxis]
    return feats


def main(folder):
    e = functions_of(os.path.join(folder, 'recognition/arcface_torch/eval_ijbc.py'), ['image2template_feature', 'verification'])
    n = functions_of(os.path.join(folder, 'recognition/_evaluation_/ijb/ijb_1n.py'), ['image2template_feature', 'evaluation', 'gen_mask'])
    s = made_set()
    result = dict(images=int(s['count']), runs=[])
    for flip, norm, detector in [(1, 1, 1), (0, 1, 1), (1, 0, 1), (1, 1, 0), (0, 0, 0)]:
        feats = inputs(s, flip, norm, detector)
        with contextlib.redirect_stdout(io.StringIO()):
            templates, unique = e['image2template_feature'](feats, s['template'], s['medium'])
            score = e['verification'](templates, unique, s['first'], s['second'])
        fpr, tpr, _ = roc_curve(s['same'], score)
        roc_auc = auc(fpr, tpr)
        fpr, tpr = np.flipud(fpr), np.flipud(tpr)
        x_labels = [10**-6, 10**-5, 10**-4, 10**-3, 10**-2, 10**-1]
        row = []
        for x in x_labels:
            _, min_index = min(list(zip(abs(fpr - x), range(len(fpr)))))
            row.append(dict(printed='%.2f' % (tpr[min_index] * 100), tar=float(tpr[min_index]), found=float(fpr[min_index])))
        # 1:N: the first template of each person is the gallery, the second one its probe.
        gallery = np.arange(PEOPLE) * 3 + 1
        probes = (np.arange(PEOPLE) + PEOPLE) * 3 + 1
        text = io.StringIO()
        with contextlib.redirect_stdout(text):
            gf, _, gi = n['image2template_feature'](feats, s['template'], s['medium'], gallery, np.arange(PEOPLE))
            pf, _, pi = n['image2template_feature'](feats, s['template'], s['medium'], probes, np.arange(PEOPLE))
            n['evaluation'](pf, gf, n['gen_mask'](pi, gi))
        lines = [line for line in text.getvalue().splitlines() if line.startswith(('top1 ', 'top5 ', 'top10 ', 'far '))]
        result['runs'].append(dict(flip=flip, norm=norm, detector=detector, auc='%0.4f' % (roc_auc * 100), row=row,
                                   scores=[float(x) for x in score[:8]], sum=float(np.sum(score)), identification=lines))
    print(json.dumps(result, indent=1))


main(sys.argv[1])
