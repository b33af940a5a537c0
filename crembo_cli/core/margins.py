"""The leaves of a tree as boxes: which rows each of them takes, feature by feature."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

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


LINEAR_BLOCK = 512  # rows whose moves are sorted at a time
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


def linear_margins(
    scores: Doubles, weights: Doubles, units: Doubles, cells: Doubles, limits: Floats
) -> Doubles:
    """The margin of each row, float64 (n,), >= 0, in `units`; inf where no change matters.

    The class with the largest of `scores` (n, c) is predicted, the first of equals; a feature that
    rises by 1 adds its `weights` (p, c) to them. `cells` (n, p) are cut to `limits` (2, p) before,
    and NaN does not move. Exact in real numbers: float32 rounding can move the edge by a few of
    its ulps.
    """
    predicted = scores.argmax(axis=1)
    margins = np.full(len(scores), np.inf)
    moving = np.isfinite(cells) & (units > 0)
    for first in range(0, len(scores), LINEAR_BLOCK):
        block = slice(first, first + LINEAR_BLOCK)
        for label, y in product(np.unique(predicted[block]), range(scores.shape[1])):
            here = first + np.flatnonzero(predicted[block] == label)
            if y == label:
                continue
            lead, slope = scores[here, label] - scores[here, y], weights[:, label] - weights[:, y]
            # The difference falls with the feature where its slope is above 0, and rises elsewhere.
            down = slope > 0
            above, below = cells[here] - limits[0], limits[1] - cells[here]
            ends = np.where(down, above, below)  # how far it may go until it is cut
            begins = np.maximum(np.where(down, -below, -above), 0.0)  # until then it is cut
            moves = moving[here] & (ends > begins)
            rate = np.where(moves, np.abs(slope) * units, 0.0)
            with np.errstate(divide="ignore", invalid="ignore"):
                times = np.concatenate([begins / units, ends / units], axis=1)
            times[~np.concatenate([moves, moves], axis=1)] = 0.0
            fallen = _time_to_fall(lead, times, np.concatenate([rate, -rate], axis=1))
            margins[here] = np.minimum(margins[here], fallen)
    return margins


def _time_to_fall(height: Doubles, times: Doubles, changes: Doubles) -> Doubles:
    """When each of `height` (n,) >= 0 is down to 0: float64 (n,), inf for never.

    At each of `times` (n, k) the speed of the fall, 0 at first, changes by one of `changes`.
    """
    order = np.argsort(times, axis=1)
    times = np.take_along_axis(times, order, axis=1)
    speed = np.cumsum(np.take_along_axis(changes, order, axis=1), axis=1)
    lost = np.cumsum(np.diff(times, axis=1) * speed[:, :-1], axis=1)
    before = np.concatenate([np.zeros((len(times), 1)), lost], axis=1)  # lost until each time
    # The last of the times at which some is left; from there on the speed is constant.
    last = np.maximum((before <= height[:, None]).sum(axis=1) - 1, 0)[:, None]
    at, gone, pace = (
        np.take_along_axis(each, last, axis=1)[:, 0] for each in (times, before, speed)
    )
    # The speed is 0 after the last time, but for rounding.
    falls = (last[:, 0] < times.shape[1] - 1) & (pace > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(falls, at + (height - gone) / pace, np.inf)
