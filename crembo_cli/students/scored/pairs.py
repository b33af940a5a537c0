"""Find the pairs of features that curves leave most to (FAST, Lou et al. 2013)."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from crembo_cli.arrays import Doubles, Floats, Indices
from crembo_cli.students.scored.columns import Columns, Products

STEPS = 3  # ramps of a feature that enter its pairs
LEAST_CURVATURE = 1.0  # added to each cell, so that a cell of few rows gains little
MOST_FEATURES = 64  # in pairs; of more, those with the largest weights


def find_products(
    columns: Columns,
    weights: Doubles,
    rows: Floats,
    probabilities: Floats,
    beliefs: Floats,
    *,
    pairs: int,
) -> Products | None:
    """Return the products of the `pairs` pairs of features that explain most of what is left.

    `weights` (D, c), of standardised columns, and `probabilities` (n, c) are those of a student
    without pairs. None if there are no two features.
    """
    axes = _axes(columns, weights)
    found = _best_pairs(_cells(columns, axes, rows), probabilities, beliefs, pairs)
    if not found:
        return None
    crossed = [np.meshgrid(axes[a], axes[b], indexing="ij") for a, b in found]
    left, right = (np.concatenate([each[k].ravel() for each in crossed]) for k in (0, 1))
    return Products(left=left, right=right)


def _axes(columns: Columns, weights: Doubles) -> list[Indices]:
    """For each feature that may be in a pair, its columns that enter it.

    They are ramps whose middles divide the rows into about equal parts, and the missing flag.
    """
    owner = columns.owner()
    strength = np.bincount(owner, np.abs(weights).sum(axis=1))
    strongest = np.argsort(-strength, kind="stable")[:MOST_FEATURES]
    wanted = np.arange(STEPS, 0, -1) / (STEPS + 1)
    axes = []
    for j in np.intersect1d(strongest, owner):
        mine = np.flatnonzero(owner == j)
        ramps, flag = mine[mine < len(columns.centre)], mine[mine >= len(columns.centre)]
        if len(ramps):
            beyond = columns.centre[ramps]  # the share of the rows beyond each ramp
            ramps = ramps[np.unique(np.abs(beyond[:, None] - wanted).argmin(axis=0))]
        axes.append(np.concatenate([ramps, flag]))
    return axes


def _cells(columns: Columns, axes: list[Indices], rows: Floats) -> Indices:
    """Find the cell of each row on each axis, int64 (n, f); missing values have the last one."""
    known = columns.known(rows)
    cells = np.empty((len(rows), len(axes)), np.int64)
    for k, axis in enumerate(axes):
        height = known[:, axis[axis < known.shape[1]]].sum(axis=1)
        cells[:, k] = np.where(np.isnan(height), STEPS + 1, np.round(height))
    return cells


def _best_pairs(
    cells: Indices, probabilities: Floats, beliefs: Floats, pairs: int
) -> list[tuple[int, int]]:
    """The pairs of axes with the largest gain, largest first (FAST, Lou et al. 2013).

    The gain of a pair is that of one Newton step in each of its cells.
    """
    (n, f), width = cells.shape, STEPS + 2
    one_hot = np.zeros((n, f * width), np.float32)
    one_hot[np.arange(n)[:, None], cells + width * np.arange(f)] = 1
    gains = np.zeros((f, f))
    for share, belief in zip(probabilities.T, beliefs.T, strict=True):
        slope = one_hot.T @ (one_hot * (belief - share)[:, None])
        curvature = one_hot.T @ (one_hot * (share * (1 - share))[:, None])
        gain = slope.astype(np.float64) ** 2 / (curvature + LEAST_CURVATURE)
        gains += gain.reshape(f, width, f, width).sum(axis=(1, 3))
    return sorted(combinations(range(f), 2), key=lambda pair: -gains[pair])[:pairs]
