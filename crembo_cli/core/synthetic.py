"""New rows for the teacher to label beside the real ones.

Half come from MUNGE (Bucila, Caruana & Niculescu-Mizil, "Model compression", KDD 2006): each
value of a row is, with an even chance, drawn around its nearest neighbour's. Half come from
swaps: each value is, with an even chance, that of one of a few near neighbours, and jittered.
"""

from __future__ import annotations

import numpy as np

from crembo_cli.arrays import Bools, Floats, Indices

SWAP = 0.5  # the chance that a value is taken from the neighbour
NEIGHBOURS = 5  # of how many near rows a swap draws one
JITTER = 0.1  # standard deviation of a swap's jitter, in standard deviations of the feature
SPREAD = 2.0  # MUNGE draws with the neighbours' distance over this
FEW_VALUES = 20  # a feature with so few distinct values only ever takes those
MOST_BASES = 16_000  # how many real rows the new ones are made from at most
GRID = 2.0**12  # distances are measured in standard deviations over this
BLOCK = 4_000_000  # distances that are held at a time


def synthetic_rows(rows: Floats, count: int, rng: np.random.Generator) -> Floats:
    """`count` new rows like `rows`, float32 (n, p) with n >= 1: float32 (count, p).

    Values stay within each feature's range. A feature of whole numbers stays whole; one with at
    most 20 distinct values takes only those. A missing value (NaN) is passed on like any other.
    A lone row is its own neighbour. Raises ValueError where there are no rows.
    """
    n = len(rows)
    if n == 0:
        raise ValueError("there are no rows to make new ones from")
    bases = rows if n <= MOST_BASES else rows[np.sort(rng.choice(n, MOST_BASES, replace=False))]
    base = _draw_evenly(len(bases), count, rng)
    used, place = np.unique(base, return_inverse=True)
    near = nearest_rows(bases, used)
    munged = np.arange(count) < count // 2
    rank = np.where(munged, 0, rng.integers(0, near.shape[1], count))
    other = near[place, rank]
    made = np.empty((count, rows.shape[1]), np.float32)
    for j in range(rows.shape[1]):
        made[:, j] = _new_values(bases[:, j], base, other, munged, rng)
    return made


def nearest_rows(rows: Floats, which: Indices) -> Indices:
    """For each of `which` (m,) of `rows` (n, p), the numbers of its nearest others: (m, k).

    Nearest first, k at most NEIGHBOURS, Euclidean distance of the features in their standard
    deviations, a missing value lying at the feature's mean. Deviations are rounded to a grid of
    whole numbers, whose products and sums are exact in float64 for up to 8,000 features: the
    answer does not depend on how the linear algebra library shares and orders its work.
    """
    n, p = rows.shape
    points = np.zeros((n, p + 1))
    for j in range(p):
        known = ~np.isnan(rows[:, j])
        values = rows[known, j].astype(np.float64)
        if len(values) and np.ptp(values) > 0:
            points[known, j] = np.rint((values - values.mean()) / values.std() * GRID)
    points[:, p] = np.einsum("ij,ij->i", points, points)
    # |b|^2 - 2ab is the squared distance of a and b, less |a|^2, which does not change the order.
    queries = points[which] * -2
    queries[:, p] = 1
    near = np.empty((len(which), min(NEIGHBOURS, max(n - 1, 1))), np.int64)
    for begin in range(0, len(which), max(1, BLOCK // n)):
        block = slice(begin, begin + max(1, BLOCK // n))
        distance = queries[block] @ points.T
        each = np.arange(len(distance))
        distance[each, which[block]] = np.inf
        some = np.argpartition(distance, near.shape[1] - 1, axis=1)[:, : near.shape[1]]
        inner = np.argsort(distance[each[:, None], some], axis=1, kind="stable")
        near[block] = some[each[:, None], inner]
    return near


def _draw_evenly(n: int, count: int, rng: np.random.Generator) -> Indices:
    """`count` numbers below n, each drawn as often as any other, up to one."""
    rounds = [rng.permutation(n) for _ in range(count // n + 1)]
    return np.concatenate(rounds)[:count]


def _new_values(
    seen: Floats,
    base: Indices,
    other: Indices,
    munged: Bools,
    rng: np.random.Generator,
) -> Floats:
    """Values of one feature for rows made from rows `base` and their neighbours `other`."""
    swap = rng.random(len(base)) < SWAP
    noise = rng.standard_normal(len(base))
    taken = np.where(swap, seen[other], seen[base])
    known = np.unique(seen[~np.isnan(seen)])
    if len(known) <= FEW_VALUES:
        return taken
    values = seen.astype(np.float64)
    gap = np.abs(values[base] - values[other])
    # Around a missing value nothing can be drawn: the neighbour's is taken as it is.
    around = np.where(swap & ~np.isnan(gap), gap / SPREAD, 0.0)
    spread = np.where(munged, around, JITTER * np.nanstd(values))
    drawn = taken + noise * spread
    if np.array_equal(known, np.round(known)):
        drawn = np.round(drawn)
    return np.clip(drawn, known[0], known[-1]).astype(np.float32)
