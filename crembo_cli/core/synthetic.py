"""New rows for the teacher to label beside the real ones.

Half come from MUNGE (Bucila, Caruana & Niculescu-Mizil, "Model compression", KDD 2006): each
value of a row is, with an even chance, drawn around its nearest neighbour's. Half come from
swaps: each value is, with an even chance, that of one of a few near neighbours, and jittered.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float32]

SWAP = 0.5  # the chance that a value is taken from the neighbour
NEIGHBOURS = 5  # of how many near rows a swap draws one
JITTER = 0.1  # standard deviation of a swap's jitter, in standard deviations of the feature
SPREAD = 2.0  # MUNGE draws with the neighbours' distance over this
FEW_VALUES = 20  # a feature with so few distinct values only ever takes those
MOST_BASES = 16_000  # how many real rows the new ones are made from at most
BLOCK = 1_000  # rows whose distances are held at a time


def synthetic_rows(rows: Rows, count: int, rng: np.random.Generator) -> Rows:
    """`count` new rows like `rows`, float32 (n, p) with n >= 2: float32 (count, p).

    Values stay within each feature's range. A feature of whole numbers stays whole; one with at
    most 20 distinct values takes only those. A missing value (NaN) is passed on like any other.
    """
    n = len(rows)
    bases = rows if n <= MOST_BASES else rows[np.sort(rng.choice(n, MOST_BASES, replace=False))]
    scale = spreads(bases)
    near = nearest_rows(bases, np.where(scale > 0, scale, np.float32(1)))

    base = _draw_evenly(len(bases), count, rng)
    munged = np.arange(count) < count // 2
    rank = np.where(munged, 0, rng.integers(0, near.shape[1], count))
    own, other = bases[base], bases[near[base, rank]]
    noise = rng.standard_normal(own.shape, dtype=np.float32)
    swap = rng.random(own.shape, dtype=np.float32) < SWAP
    drawn = np.where(
        munged[:, None],
        np.where(swap, other + noise * np.abs(own - other) / SPREAD, own),
        np.where(swap, other, own) + noise * np.float32(JITTER) * scale,
    )
    # Around a missing value nothing can be drawn: it is taken as it is.
    drawn = np.where(swap & (np.isnan(own) | np.isnan(other)), other, drawn)
    return _as_seen(drawn.astype(np.float32), np.where(swap, other, own), bases)


def spreads(rows: Rows) -> Rows:
    """The standard deviation of each feature over its known values: float32 (p,), 0 for none."""
    known = ~np.isnan(rows)
    count = np.maximum(known.sum(axis=0), 1)
    means = np.where(known, rows, 0).sum(axis=0, dtype=np.float64) / count
    squares = np.where(known, rows - means, 0) ** 2
    return np.asarray(np.sqrt(squares.sum(axis=0) / count), np.float32)


def nearest_rows(rows: Rows, scale: Rows) -> NDArray[np.int64]:
    """For each of `rows` (n, p), the numbers of its nearest others, nearest first.

    At most NEIGHBOURS of them, Euclidean distance of the features over `scale` (p,); a missing
    value lies at the feature's mean.
    """
    n = len(rows)
    known = ~np.isnan(rows)
    means = np.where(known, rows, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    points = np.where(known, (rows - means) / scale, 0).astype(np.float32)
    squares = np.einsum("ij,ij->i", points, points)
    k = min(NEIGHBOURS, n - 1)
    near = np.empty((n, k), np.int64)
    for begin in range(0, n, BLOCK):
        block = slice(begin, min(begin + BLOCK, n))
        each = np.arange(block.stop - begin)
        distance = squares - 2 * points[block] @ points.T
        distance[each, begin + each] = np.inf
        some = np.argpartition(distance, k - 1, axis=1)[:, :k]
        inner = np.argsort(distance[each[:, None], some], axis=1, kind="stable")
        near[block] = some[each[:, None], inner]
    return near


def _draw_evenly(n: int, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """`count` numbers below n, each drawn as often as any other, up to one."""
    rounds = [rng.permutation(n) for _ in range(-(-count // n))]
    return np.concatenate(rounds)[:count] if rounds else np.empty(0, np.int64)


def _as_seen(drawn: Rows, taken: Rows, bases: Rows) -> Rows:
    """`drawn` held to what each feature can be.

    Few-valued features get the undisturbed `taken` value instead, whole ones are rounded, and
    all are clipped to the range seen.
    """
    for j in range(bases.shape[1]):
        seen = bases[:, j]
        values = np.unique(seen[~np.isnan(seen)])
        if len(values) <= FEW_VALUES:
            drawn[:, j] = taken[:, j]
            continue
        if np.array_equal(values, np.round(values)):
            drawn[:, j] = np.round(drawn[:, j])
        drawn[:, j] = np.clip(drawn[:, j], values[0], values[-1])
    return drawn
