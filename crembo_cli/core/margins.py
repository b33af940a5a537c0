"""The leaves of a tree as boxes: which rows each of them takes, feature by feature."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crembo_cli.arrays import Bools, Doubles, Floats, Indices, Int32s


@dataclass(frozen=True, kw_only=True)
class Boxes:
    """The L leaves of a tree over p features, in the order of their nodes.

    A row reaches leaf k when each of its values v lies in `low[k, j] <= v <= high[k, j]`, or is
    missing and `missing[k, j]` holds. Both ends are float32 values that reach the leaf, so that
    a distance to them is attained. Where no value reaches it, low is inf and high is -inf.
    """

    node: Indices  # (L,) the leaf's node
    low: Floats  # (L, p) the least value, included; -inf where there is none
    high: Floats  # (L, p) the largest value, included; inf where there is none
    missing: Bools  # (L, p) whether a missing value reaches it
    tested: Bools  # (L, p) whether a split above the leaf tests the feature


def leaf_boxes(
    feature: Int32s,
    threshold: Floats,
    missing_left: Bools,
    left: Int32s,
    right: Int32s,
    width: int,
) -> Boxes:
    """The boxes of a tree given by its m nodes, node 0 the root, parents before children.

    `feature` (m,) is the column tested, below 0 at a leaf; a value `<= threshold` in float32
    goes left, a missing one left where `missing_left`. `width` is p.
    """
    m = len(feature)
    low = np.full((m, width), -np.inf, np.float32)
    high = np.full((m, width), np.inf, np.float32)
    missing = np.ones((m, width), np.bool_)
    tested = np.zeros((m, width), np.bool_)
    # The right side is open at the threshold: its least float32 value is the next one above.
    with np.errstate(over="ignore"):  # nothing finite lies above the largest: infinity it is
        above = np.nextafter(threshold, np.float32(np.inf))
    for v in np.flatnonzero(feature >= 0):
        j = feature[v]
        for child in (left[v], right[v]):
            for part in (low, high, missing, tested):
                part[child] = part[v]
            tested[child, j] = True
        high[left[v], j] = min(high[v, j], threshold[v])
        low[right[v], j] = max(low[v, j], above[v])
        missing[left[v], j] &= missing_left[v]
        missing[right[v], j] &= not missing_left[v]
    leaves = np.flatnonzero(feature < 0)
    low, high = low[leaves], high[leaves]
    empty = low > high
    low[empty], high[empty] = np.inf, -np.inf
    return Boxes(node=leaves, low=low, high=high, missing=missing[leaves], tested=tested[leaves])


BLOCK = 8_192  # rows worked on at a time, so that their distances stay in the cache


def tree_margins(
    rows: Floats, predicted: Indices, boxes: Boxes, labels: Indices, units: Doubles
) -> Doubles:
    """The margin of each row, float64 (n,), >= 0, in `units`; inf where no change matters.

    A tree whose leaves `boxes` have the labels `labels` (L,) predicts `predicted` (n,).
    `units` (p,) are finite and >= 0. The margin is attained by a row of float32 values; a
    change of any lesser size leaves the tree's answer as it is.
    """
    margins = np.full(len(rows), np.inf)
    for first in range(0, len(rows), BLOCK):
        block = slice(first, first + BLOCK)
        # One contiguous column a feature: a leaf tests few of them.
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
    for j in np.flatnonzero(boxes.tested[k]):
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

    The class with the largest of `scores` (n, c) is predicted, the first of equals; a feature that
    rises by 1 adds its `weights` (p, c) to them. `absent` (n, p) marks missing values, which do
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
