"""Figures of arcface_torch's eval/verification.py and of scikit-learn for made embeddings: test/fixtures/verification/figures.json.

    git -C insightface show HEAD:recognition/arcface_torch/eval/verification.py > /tmp/verification.py
    python bench/verification-reference.py /tmp/verification.py > test/fixtures/verification/figures.json

Needs numpy, scipy and scikit-learn. test/runtime/evaluate/reference.test.ts makes the same embeddings.
"""
import importlib.util
import json
import sys
from unittest.mock import MagicMock

import numpy as np
from sklearn.metrics import roc_auc_score, roc_curve
from sklearn.preprocessing import normalize

# Only the functions that read .bin files and run the network need these.
for name in ("mxnet", "torch"):
    sys.modules.setdefault(name, MagicMock())
spec = importlib.util.spec_from_file_location("verification", sys.argv[1])
verification = importlib.util.module_from_spec(spec)
spec.loader.exec_module(verification)


class Numbers:
    """A linear congruential generator (Numerical Recipes): the same numbers in any language."""

    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (self.state * 1664525 + 1013904223) % 2**32
        return self.state / 2**32 - 0.5

    def below(self, n):
        return int((self.next() + 0.5) * n)


def made(seed, pairs, dim, people, each, noise, different, step):
    """Embeddings f32 [M,D] of the pictures and of their mirror images, pairs and flags; `different` of ten pairs are of two people."""
    numbers = Numbers(seed)
    snap = lambda value: round(value / step) * step if step else value
    centers = [[snap(numbers.next()) for _ in range(dim)] for _ in range(people)]
    sides = [[], []]
    for image in range(people * each):
        for side in sides:
            side.append([snap(centers[image // each][d] + noise * numbers.next()) for d in range(dim)])
    chosen, same = [], []
    for p in range(pairs):
        a, k, l, b = numbers.below(people), numbers.below(each), numbers.below(each), numbers.below(people - 1)
        same.append(p * 7 % 10 >= different)
        other = a if same[-1] else (a + 1 + b) % people
        chosen.append((a * each + k, other * each + l))
    return [np.array(side, dtype=np.float32) for side in sides], np.array(chosen), np.array(same)


RATES = [1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6]


def curve(same, score):
    """Operating points, area and equal error rate of scikit-learn's ROC."""
    far, tar, threshold = roc_curve(same, score, drop_intermediate=False)
    at = [int(np.searchsorted(far, rate, side="right")) - 1 for rate in RATES]
    different = int(np.sum(~same))
    points = [[rate, tar[i], threshold[i]] for rate, i in zip(RATES, at) if different * rate > 1 - 1e-9]
    after = int(np.argmax(far - (1 - tar) >= 0))
    below, above = (far[i] - (1 - tar[i]) for i in (after - 1, after))
    share = below / (below - above)
    return {
        "auc": roc_auc_score(same, score),
        "eer": far[after - 1] + share * (far[after] - far[after - 1]),
        "tarAtFar": [[rate, t, None if np.isinf(h) else h] for rate, t, h in points],
    }


def interval(dist, same, repetitions=2000):
    """Percentiles of the ten-fold accuracy when the pairs of each fold are drawn with replacement; only about equal to arcc's draws."""
    thresholds = np.arange(0, 4, 0.01)
    folds = np.array_split(np.arange(len(dist)), 10)
    # Whether each pair is classified correctly at each threshold, 0 or 1.
    right = (np.less(dist[:, None], thresholds) == same[:, None]).astype(np.float32)
    random = np.random.default_rng(0)
    accuracies = []
    for _ in range(repetitions):
        counts = np.array([right[random.choice(fold, len(fold))].sum(0) for fold in folds])
        best = np.argmax(counts.sum(0) - counts, 1)
        accuracies.append(np.mean([c[b] / len(fold) for c, b, fold in zip(counts, best, folds)]))
    return np.quantile(accuracies, [0.025, 0.975]).tolist()


def figures(case):
    sides, pairs, same = made(**case)
    # As `test` of verification.py does it, with two rows for each pair.
    rows = [side.astype(np.float64)[pairs.ravel()] for side in sides]
    xnorm = np.mean([np.linalg.norm(row) for side in rows for row in side])
    embeddings = normalize(rows[0] + rows[1])
    thresholds = []
    plain = verification.calculate_accuracy

    def spied(threshold, dist, actual):
        thresholds.append(threshold)
        return plain(threshold, dist, actual)

    verification.calculate_accuracy = spied
    # Only calculate_roc's accuracies count; calculate_val needs pairs of both kinds in each fold.
    _, _, accuracy = verification.calculate_roc(np.arange(0, 4, 0.01), embeddings[0::2], embeddings[1::2], same)
    verification.calculate_accuracy = plain
    # Each fold asks for 400 thresholds twice, and then for the best one.
    best = thresholds[800::801]
    score = 1 - np.sum(np.square(embeddings[0::2] - embeddings[1::2]), 1) / 2
    return {
        "case": case,
        "accuracy": np.mean(accuracy),
        "deviation": np.std(accuracy),
        "folds": [[a, t] for a, t in zip(accuracy, best)],
        "xnorm": xnorm,
        "interval": interval(2 - 2 * score, same) if case["pairs"] < 1000 else None,
        **curve(same, score),
    }


BASE = {"seed": 1, "pairs": 600, "dim": 16, "people": 40, "each": 6, "noise": 1.6, "different": 5, "step": 0}
CASES = [
    BASE,
    {**BASE, "seed": 2, "pairs": 237, "dim": 7, "noise": 1.2},
    {**BASE, "seed": 3, "pairs": 10, "dim": 3, "people": 4, "each": 2},
    {**BASE, "seed": 4, "pairs": 19, "dim": 5, "people": 5, "each": 3, "different": 3},
    # Ties: coordinates on a grid of halves, few people.
    {**BASE, "seed": 5, "pairs": 1003, "dim": 4, "people": 12, "each": 4, "noise": 1.5, "step": 0.5},
    {**BASE, "seed": 6, "pairs": 503, "dim": 2, "people": 6, "each": 2, "noise": 1, "step": 0.25},
    # All embeddings are zero.
    {**BASE, "seed": 12, "pairs": 57, "dim": 2, "people": 6, "each": 2, "noise": 0.5, "step": 2},
    {**BASE, "seed": 7, "pairs": 300, "dim": 512, "people": 10, "each": 3, "noise": 6},
    {**BASE, "seed": 8, "pairs": 301, "dim": 200, "people": 10, "each": 3, "noise": 4},
    {**BASE, "seed": 9, "pairs": 12000, "dim": 32, "people": 200, "each": 4, "noise": 1.9, "different": 9},
    {**BASE, "seed": 10, "pairs": 12000, "dim": 16, "people": 300, "each": 3},
    {**BASE, "seed": 11, "pairs": 500, "different": 1},
]


def scores(seed, pairs):
    """Scores alone, for rates that need a million pairs."""
    numbers = Numbers(seed)
    same = np.zeros(pairs, dtype=bool)
    score = np.zeros(pairs)
    for p in range(pairs):
        same[p] = p % 50 == 0
        score[p] = 0.25 * (numbers.next() + numbers.next() + numbers.next()) + (0.5 if same[p] else 0)
    return {"seed": seed, "pairs": pairs, **curve(same, score)}


print(json.dumps({"pairs": [figures(case) for case in CASES], "scores": scores(12, 1_100_000)}, indent=1))
