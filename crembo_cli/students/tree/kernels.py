"""The loops over rows, compiled by numba; the only file that knows of it.

Every kernel releases the interpreter's lock, so that threads may share the features (or the
rows) of one call between them; each writes its own part of the outputs, so the answer does not
depend on how many threads there were.

Shapes, in all kernels: `codes` uint8 (p, n), the bin of each value, MISSING where there is none;
`order` int32, row numbers grouped by node; `bounds` int64 (nodes + 1), where each group begins.
A split at `cut` sends codes <= cut left; missing ones go left where `missing_left` is true.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
from numba import njit

MISSING = 255
ENTROPY, LABELS = 0, 1

F = TypeVar("F", bound=Callable[..., Any])


def kernel(function: F) -> F:
    """Compile `function`, keeping the machine code on disk where there is a place for it.

    numba raises RuntimeError at decoration where neither the package's folder nor a home is
    writable (containers, cron); the kernel is then compiled anew in each process.
    """
    try:
        return cast(F, njit(function, cache=True, nogil=True, error_model="numpy"))
    except RuntimeError:
        return cast(F, njit(function, nogil=True, error_model="numpy"))


@kernel
def bin_column(values, edges, codes):
    """Write to `codes` how many of `edges` lie below each value; MISSING for NaN."""
    for i in range(values.size):
        value = values[i]
        if np.isnan(value):
            codes[i] = MISSING
            continue
        low, high = 0, edges.size
        while low < high:
            middle = (low + high) >> 1
            if edges[middle] < value:
                low = middle + 1
            else:
                high = middle
        codes[i] = low


@kernel
def descend(codes, rows, node, feature, cut, missing_left, left, right, levels):
    """Move each of `rows` at most `levels` steps down from `node[row]`, in place."""
    for j in range(rows.size):
        i = rows[j]
        v = node[i]
        for _ in range(levels):
            f = feature[v]
            if f < 0:
                break
            code = codes[f, i]
            goes_left = missing_left[v] if code == MISSING else code <= cut[v]
            v = left[v] if goes_left else right[v]
        node[i] = v


@kernel
def group(node, rows, first, count, order, bounds):
    """Sort `rows` by node, stably, for the nodes first .. first + count - 1; others are left out.

    Writes `order` and `bounds` and returns nothing; rows keep their order within a node, which
    keeps the passes over memory forward.
    """
    bounds[:] = 0
    for j in range(rows.size):
        k = node[rows[j]] - first
        if 0 <= k < count:
            bounds[k + 1] += 1
    for k in range(count):
        bounds[k + 1] += bounds[k]
    place = bounds[:-1].copy()
    for j in range(rows.size):
        k = node[rows[j]] - first
        if 0 <= k < count:
            order[place[k]] = rows[j]
            place[k] += 1


@kernel
def best_class_splits(codes, begin, end, order, bounds, rewards, goal, score, cuts, missing):
    """For features begin .. end-1 and every node, the split with the best score.

    `goal` ENTROPY: minus the two sides' summed entropy (nats times summed reward); LABELS: the
    best label's summed reward on the left plus the same on the right. Writes `score` float64,
    `cuts` int16 and `missing` int8 (1: left), each (features, nodes); -inf where no cut leaves
    something on both sides.
    """
    c = rewards.shape[1]
    sums = np.empty((256, c))
    seen = np.empty(256, np.int64)
    low = np.empty(c)
    high = np.empty(c)
    for f in range(begin, end):
        for k in range(bounds.size - 1):
            score[f, k] = -np.inf
            size = bounds[k + 1] - bounds[k]
            if size == 0:
                continue
            sums[:] = 0.0
            seen[:] = 0
            for j in range(bounds[k], bounds[k + 1]):
                i = order[j]
                code = codes[f, i]
                seen[code] += 1
                for y in range(c):
                    sums[code, y] += rewards[i, y]
            # Missing rows are tried on the right, then on the left.
            for side in range(2 if seen[MISSING] else 1):
                count = 0
                for y in range(c):
                    low[y] = 0.0
                    high[y] = 0.0
                for code in range(256):
                    for y in range(c):
                        high[y] += sums[code, y]
                if side == 1:
                    count = seen[MISSING]
                    for y in range(c):
                        low[y] = sums[MISSING, y]
                        high[y] -= sums[MISSING, y]
                for cut in range(MISSING):
                    if seen[cut] == 0:
                        continue
                    count += seen[cut]
                    if count == size:
                        break
                    value = 0.0
                    if goal == ENTROPY:
                        low_total = 0.0
                        high_total = 0.0
                        for y in range(c):
                            low[y] += sums[cut, y]
                            high[y] -= sums[cut, y]
                            low_total += low[y]
                            high_total += high[y]
                            if low[y] > 0.0:
                                value += low[y] * np.log(low[y])
                            if high[y] > 0.0:
                                value += high[y] * np.log(high[y])
                        if low_total > 0.0:
                            value -= low_total * np.log(low_total)
                        if high_total > 0.0:
                            value -= high_total * np.log(high_total)
                    else:
                        low_best = -np.inf
                        high_best = -np.inf
                        for y in range(c):
                            low[y] += sums[cut, y]
                            high[y] -= sums[cut, y]
                            low_best = max(low_best, low[y])
                            high_best = max(high_best, high[y])
                        value = low_best + high_best
                    if value > score[f, k]:
                        score[f, k] = value
                        cuts[f, k] = cut
                        missing[f, k] = side


@kernel
def best_gain_splits(codes, begin, end, order, bounds, gain, score, cuts, missing):
    """For features begin .. end-1 and every node, the split whose left side has the most gain.

    `gain` float64 (n,): what a row adds when it goes left instead of right. The outputs are as
    in `best_class_splits`; sending every row left is allowed, every row right is not.
    """
    sums = np.empty(256)
    seen = np.empty(256, np.int64)
    for f in range(begin, end):
        for k in range(bounds.size - 1):
            score[f, k] = -np.inf
            if bounds[k + 1] == bounds[k]:
                continue
            sums[:] = 0.0
            seen[:] = 0
            for j in range(bounds[k], bounds[k + 1]):
                i = order[j]
                code = codes[f, i]
                sums[code] += gain[i]
                seen[code] += 1
            for side in range(2 if seen[MISSING] else 1):
                value = sums[MISSING] if side == 1 else 0.0
                for cut in range(MISSING):
                    if seen[cut] == 0:
                        continue
                    value += sums[cut]
                    if value > score[f, k]:
                        score[f, k] = value
                        cuts[f, k] = cut
                        missing[f, k] = side


@kernel
def leaves_of(rows, feature, threshold, missing_left, left, right, leaf):
    """Write to `leaf` the leaf that each row of float32 (n, p) falls into; NaN is missing."""
    for i in range(rows.shape[0]):
        v = 0
        while feature[v] >= 0:
            value = rows[i, feature[v]]
            goes_left = missing_left[v] if np.isnan(value) else value <= threshold[v]
            v = left[v] if goes_left else right[v]
        leaf[i] = v


@kernel
def sum_by_node(node, rows, values, sums):
    """Add each row's `values` (n, c) to `sums` (nodes, c), float64, at the row's node."""
    for j in range(rows.size):
        i = rows[j]
        for y in range(values.shape[1]):
            sums[node[i], y] += values[i, y]
