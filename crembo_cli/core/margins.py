"""Margins: by how much a row must change before a classifier says something else of it.

A change of size r moves every number of the row by at most r of that feature's units (its
standard deviation, as a rule): the L-infinity ball. A feature with the unit 0 does not move:
that is how coded categories, for which "a little more" means nothing, are held as they are. A
missing value is not moved and no value goes missing.

Trees: the nearest box of a leaf that says something else, which is exact (Kantchelian, Tygar &
Joseph, ICML 2016, solve it for ensembles; for one tree it is a minimum over its leaves).
Weighted sums: the distance to a hyperplane, which the dual norm gives in closed form.
"""

from __future__ import annotations

import numpy as np

from crembo_cli.arrays import Bools, Doubles, Floats, Indices
from crembo_cli.core.boxes import Boxes

BLOCK = 8_192  # rows worked on at a time, so that their distances stay in the cache


def tree_margins(
    rows: Floats, predicted: Indices, boxes: Boxes, labels: Indices, units: Doubles
) -> Doubles:
    """The margin of each row, float64 (n,), >= 0, in `units`; inf where no change matters.

    A tree with the leaves `boxes`, which say `labels` (L,), says `predicted` (n,) of `rows` (n, p).
    `units` (p,) are finite and >= 0. The margin is attained by a row of float32 values; a
    change of any lesser size leaves the tree's answer as it is.
    """
    margins = np.full(len(rows), np.inf)
    for first in range(0, len(rows), BLOCK):
        block = slice(first, first + BLOCK)
        # One contiguous column a feature: a leaf asks about a few of them only.
        columns = np.ascontiguousarray(rows[block].T, np.float64)
        absent = np.isnan(columns)
        for k, label in enumerate(labels):
            other = predicted[block] != label
            if other.any():
                far = _distances(columns, absent, boxes, k, units)
                np.minimum(margins[block], far, out=margins[block], where=other)
    return margins


def _distances(columns: Doubles, absent: Bools, boxes: Boxes, k: int, units: Doubles) -> Doubles:
    """How far each row is from the box of leaf k: float64 (n,)."""
    far = np.zeros(columns.shape[1])
    for j in np.flatnonzero(boxes.asked[k]):
        values = columns[j]
        low, high = float(boxes.low[k, j]), float(boxes.high[k, j])
        away = np.maximum(low - values, values - high)
        away = away / units[j] if units[j] > 0 else np.where(away > 0, np.inf, 0.0)
        if absent[j].any():
            away[absent[j]] = 0.0 if boxes.missing[k, j] else np.inf
        np.maximum(far, away, out=far)
    return far


def linear_margins(scores: Doubles, weights: Doubles, units: Doubles, absent: Bools) -> Doubles:
    """The margin of each row, float64 (n,), >= 0, in `units`; inf where no change matters.

    The class with the largest of `scores` (n, c) is said, the first of equals; a feature that
    rises by 1 adds its `weights` (p, c) to them. `absent` (n, p) tells missing values, which do
    not move. Exact in real numbers: float32 rounding can move the edge by a few of its ulps.
    """
    predicted = scores.argmax(axis=1)
    steps = np.where(absent, 0.0, units)
    margins = np.full(len(scores), np.inf)
    for label in np.unique(predicted):
        here = predicted == label
        lead = scores[here, label][:, None] - scores[here]
        # Against class y, each feature moves the lead by |w_label - w_y| a unit.
        pull = steps[here] @ np.abs(weights[:, [label]] - weights)
        with np.errstate(divide="ignore", invalid="ignore"):
            each = lead / pull
        each[pull == 0] = np.inf
        each[:, label] = np.inf
        margins[here] = each.min(axis=1)
    return margins
