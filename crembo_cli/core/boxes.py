"""The leaves of a tree as boxes: which rows each of them takes, feature by feature."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crembo_cli.arrays import Bools, Floats, Indices, Int32s


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
    asked: Bools  # (L, p) whether a split above it asks about the feature


def leaf_boxes(
    feature: Int32s,
    threshold: Floats,
    missing_left: Bools,
    left: Int32s,
    right: Int32s,
    width: int,
) -> Boxes:
    """The boxes of a tree given by its m nodes, node 0 the root, parents before children.

    `feature` (m,) is the column asked, below 0 at a leaf; a value `<= threshold` in float32
    goes left, a missing one left where `missing_left`. `width` is p.
    """
    m = len(feature)
    low = np.full((m, width), -np.inf, np.float32)
    high = np.full((m, width), np.inf, np.float32)
    missing = np.ones((m, width), np.bool_)
    asked = np.zeros((m, width), np.bool_)
    # The right side is open at the threshold: its least float32 value is the next one above.
    with np.errstate(over="ignore"):  # nothing finite lies above the largest: infinity it is
        above = np.nextafter(threshold, np.float32(np.inf))
    for v in np.flatnonzero(feature >= 0):
        j = feature[v]
        for child in (left[v], right[v]):
            for part in (low, high, missing, asked):
                part[child] = part[v]
            asked[child, j] = True
        high[left[v], j] = min(high[v, j], threshold[v])
        low[right[v], j] = max(low[v, j], above[v])
        missing[left[v], j] &= missing_left[v]
        missing[right[v], j] &= not missing_left[v]
    leaves = np.flatnonzero(feature < 0)
    low, high = low[leaves], high[leaves]
    empty = low > high
    low[empty], high[empty] = np.inf, -np.inf
    return Boxes(node=leaves, low=low, high=high, missing=missing[leaves], asked=asked[leaves])
