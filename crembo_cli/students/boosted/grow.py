"""Gradient boosting on soft labels: each tree is fitted to the residuals of the earlier ones.

Friedman, "Greedy function approximation: a gradient boosting machine", Annals of Statistics
2001, algorithm 6, with one tree a round for all classes together: it splits where their summed
squared error falls most.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from crembo_cli.arrays import LEAF, Int32s
from crembo_cli.students.boosted.trees import Trees, join
from crembo_cli.students.contract import Floats, Indices
from crembo_cli.students.scored.columns import Doubles
from crembo_cli.students.scored.softmax import Loss, softmax
from crembo_cli.students.tree.bins import bin_rows
from crembo_cli.students.tree.cart import grow_cart

ROUND_ROWS = 4_000  # rows, at most, in the random sample that one tree is fitted to
LEAST_ROWS = 5  # rows in a leaf, at least
DAMPING = 1.0  # added to a leaf's curvature, so that a few confident rows do not give a huge value


def grow(
    rows: Floats,
    targets: Floats,
    *,
    count: int,
    max_depth: int,
    rate: float,
    seed: int,
    threads: int = 1,
) -> tuple[Trees, Doubles, Doubles]:
    """Grow trees for `targets` (n, c), whose rows sum to 1, or to 0 if a row does not count.

    Also returns the leaf values, float64 (leaves, c), and the start scores, float64 (c,).
    """
    rng = np.random.default_rng(seed)
    n, c = targets.shape
    counts = targets.sum(axis=1, keepdims=True, dtype=np.float64)
    begin = np.log(np.maximum(targets.mean(axis=0, dtype=np.float64), 1e-4))
    scores = np.tile(begin, (n, 1))
    bins = bin_rows(rows, threads)
    fitted, values = [], []
    for _ in range(count):
        shares = softmax(scores)
        slope = targets - counts * shares
        curve = counts * shares * (1 - shares)
        some, own = np.arange(n), bins
        if n > ROUND_ROWS:
            some = np.sort(rng.choice(n, ROUND_ROWS, replace=False))
            own = replace(bins, codes=np.ascontiguousarray(bins.codes[:, some]))
        tree = grow_cart(own, slope[some], max_depth=max_depth, least=LEAST_ROWS, threads=threads)
        leaf = tree.leaves_of(rows)
        step = rate * (c - 1) / c
        sums = [_by_leaf(leaf, part, len(tree.feature)) for part in (slope, curve)]
        value = step * sums[0] / (sums[1] + DAMPING)
        scores += value[leaf]
        fitted.append(tree)
        values.append(value[tree.feature == LEAF])
    return join(fitted), np.concatenate(values), begin


def _by_leaf(leaf: Int32s, values: Doubles, count: int) -> Doubles:
    """The sums of `values` (n, c) by leaf: (count, c)."""
    return np.stack([np.bincount(leaf, column, count) for column in values.T], axis=1)


STEPS = 60  # of L-BFGS at most


def refit(
    leaf: Indices, values: Doubles, begin: Doubles, loss: Loss, goals: Floats, ridge: float
) -> Doubles:
    """Minimise `loss` against `goals` (n, c) over the leaf values (leaves, c), from `values`.

    `leaf` (n, T) is the leaf of each row in each tree; a row's scores are `begin` (c,) and the
    values of its leaves, summed. `ridge` is the L2 penalty on the values.
    """
    from scipy.optimize import minimize
    from scipy.sparse import csr_array

    n, trees = leaf.shape
    ones = np.ones(n * trees, np.float32)
    bounds = np.arange(0, n * trees + 1, trees)
    leaves = csr_array((ones, leaf.ravel(), bounds), shape=(n, len(values)))
    turned = leaves.T.tocsr()
    first = begin.astype(np.float32)

    def add_penalty(flat: Doubles) -> tuple[float, Doubles]:
        at = flat.reshape(values.shape)
        value, slope = loss(leaves @ at.astype(np.float32) + first, goals)
        gradient = (turned @ slope).astype(np.float64) / n + ridge * at
        return value + 0.5 * ridge * float((at * at).sum()), gradient.ravel()

    options = {"maxiter": STEPS, "gtol": 1e-5, "ftol": 1e-9}
    found = minimize(add_penalty, values.ravel(), jac=True, method="L-BFGS-B", options=options)
    return np.asarray(found.x).reshape(values.shape)
