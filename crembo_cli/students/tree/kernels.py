"""The loops over rows, compiled by numba; no other module uses numba.

Every kernel releases the interpreter's lock, so threads can share the features (or rows) of a
call. Each thread writes its own part of the outputs, so the result is the same on any number.

In all kernels `codes` is uint8 (p, n), the bin code of each value or MISSING, and `rewards` is
float32 (n, c), exact (see `draft.exact_rewards`). In a draft, a row with code k for
`feature[v]` goes from v to `left[v] + goes_right[v, k]`, uint8 (nodes, 256). The searches write,
each (features, slots), `score` float64, `cuts` int16 (codes <= cut go left) and `missing` int8
(1: left); of equally good cuts the lowest one wins, with missing values on the right first.
"""

from __future__ import annotations

import numpy as np
from numba import njit

MISSING = 255
ENTROPY, LABELS = 0, 1
AT_ONCE, BLOCK = 8, 2048  # features and rows: 8 * 256 sums of each class, and the rows' cells


def kernel(function):
    """Compile `function`; cache the machine code on disk if possible.

    numba raises RuntimeError if neither the package's folder nor a home folder is writable
    (containers, cron); each process then compiles the kernel again.
    """
    try:
        return njit(function, cache=True, nogil=True, error_model="numpy")
    except RuntimeError:
        return njit(function, nogil=True, error_model="numpy")


@kernel
def bin_values(values, edges, codes):
    """Write the number of `edges` below each value to `codes`; MISSING for NaN.

    `edges` is float32 (255,), ascending, filled up with infinity.
    """
    for i in range(values.size):
        value = values[i]
        code, step = np.uint32(0), np.uint32(128)
        # Without a branch, because a processor would mispredict every other one.
        while step > 0:
            code += step * np.uint32(edges[code + step - np.uint32(1)] < value)
            step >>= np.uint32(1)
        codes[i] = MISSING if np.isnan(value) else code


@kernel
def descend(codes, begin, end, feature, left, goes_right, levels, node):
    """Move rows begin .. end-1 at most `levels` steps down from `node[row]`, in place."""
    for i in range(begin, end):
        v = node[i]
        for _ in range(levels):
            if feature[v] < 0:
                break
            v = left[v] + goes_right[v, codes[feature[v], i]]
        node[i] = v


@kernel
def leaf_below(codes, row, feature, left, goes_right, node):
    """Return the leaf that the row reaches from `node`."""
    while feature[node] >= 0:
        node = left[node] + goes_right[node, codes[feature[node], row]]
    return node


@kernel
def gains(codes, begin, end, feature, left, goes_right, label, rewards, node, open_, gain, kept):
    """The rewards of rows begin .. end-1 when sent left at their node, minus when sent right.

    Writes float32 (n,) `gain`, 0 if the row's node is not `open_`, bool (nodes,), and `kept`, the
    gain of rows that go left now, else 0.
    """
    for i in range(begin, end):
        v = node[i]
        gain[i] = 0.0
        kept[i] = 0.0
        if not open_[v]:
            continue
        a = leaf_below(codes, i, feature, left, goes_right, left[v])
        b = leaf_below(codes, i, feature, left, goes_right, left[v] + 1)
        if label[a] != label[b]:
            gain[i] = rewards[i, label[a]] - rewards[i, label[b]]
            if not goes_right[v, codes[feature[v], i]]:
                kept[i] = gain[i]


@kernel
def worth_gains(
    codes, begin, end, feature, left, goes_right, earned, beliefs, node, open_, gain, kept
):
    """As `gains`, of what a row earns in the leaf that it reaches: beliefs[i] @ earned[leaf].

    `earned` is float64 (nodes, c), `beliefs` float32 (n, c). Gains below 32 are multiples of
    2^-18, so that no sum of them depends on its order.
    """
    for i in range(begin, end):
        v = node[i]
        gain[i] = 0.0
        kept[i] = 0.0
        if not open_[v]:
            continue
        a = leaf_below(codes, i, feature, left, goes_right, left[v])
        b = leaf_below(codes, i, feature, left, goes_right, left[v] + 1)
        if a != b:
            total = 0.0
            for y in range(beliefs.shape[1]):
                total += beliefs[i, y] * (earned[a, y] - earned[b, y])
            gain[i] = np.rint(total * 262144.0) / 262144.0
            if not goes_right[v, codes[feature[v], i]]:
                kept[i] = gain[i]


@kernel
def best_gain_splits(codes, widths, begin, end, rows, slot, gain, score, cuts, missing):
    """Find the split whose left side gains the most, for features begin .. end-1 and every slot.

    `rows` int32, `slot` int32 and `gain` float32 are parallel: a row, its split, and its gain when
    it goes left instead of right. Feature f has codes below `widths[f]`. A split may send all
    rows one way; cut -1 sends all known values right.
    """
    sums = np.empty((score.shape[1], 256))
    for f in range(begin, end):
        sums[:] = 0.0
        for j in range(rows.size):
            sums[slot[j], codes[f, rows[j]]] += gain[j]
        for k in range(score.shape[1]):
            score[f, k] = -np.inf
            for side in range(2 if sums[k, MISSING] != 0.0 else 1):
                value = sums[k, MISSING] if side == 1 else 0.0
                for cut in range(-1, widths[f]):
                    if cut >= 0:
                        value += sums[k, cut]
                    if value > score[f, k]:
                        score[f, k] = value
                        cuts[f, k] = cut
                        missing[f, k] = side


@kernel
def gather(rewards, classes, counts, order, bounds, cells):
    """Write the rewards of the classes that count to `cells`, group by group.

    `order` int32 holds row numbers grouped by slot, `bounds` int64 (slots + 1,) where each group
    begins in it; in slot k the first `counts[k]` of `classes[k]` count. Rows without a reward for
    any of those are left out: `order` and `bounds` are closed up in place.
    """
    place, end = 0, bounds[0]
    for k in range(counts.size):
        begin, end = end, bounds[k + 1]
        for j in range(begin, end):
            i = order[j]
            most = np.float32(0.0)
            for y in range(counts[k]):
                cells[place, y] = rewards[i, classes[k, y]]
                most = max(most, cells[place, y])
            if most > 0.0:
                order[place] = i
                place += 1
        bounds[k + 1] = place


@kernel
def best_class_splits(
    codes, widths, begin, end, order, bounds, cells, counts, totals, goal, score, cuts, missing
):
    """Find the split that separates the classes best, for features begin .. end-1 and every slot.

    `order`, `bounds`, `cells` and `counts` are as `gather` leaves them; `totals` float64 (slots, c)
    are the sums of the cells in each slot. The score for the `goal` ENTROPY is minus the summed
    entropy of two non-empty sides (nats times summed cells); for LABELS it is the best class's
    sum on the left plus the one on the right. Without such a cut the score is -inf.
    """
    sums = np.empty((AT_ONCE, 256, cells.shape[1]))
    for first in range(begin, end, AT_ONCE):
        some = range(first, min(first + AT_ONCE, end))
        for k in range(counts.size):
            sums[:] = 0.0
            # Several features share each block of cells while it is in the cache.
            for start in range(bounds[k], bounds[k + 1], BLOCK):
                for f in some:
                    for j in range(start, min(start + BLOCK, bounds[k + 1])):
                        code = codes[f, order[j]]
                        for y in range(counts[k]):
                            sums[f - first, code, y] += cells[j, y]
            for f in some:
                score[f, k], cuts[f, k], missing[f, k] = best_class_cut(
                    sums[f - first], totals[k], counts[k], widths[f], goal
                )


@kernel
def best_class_cut(sums, totals, classes, width, goal):
    """Score, cut and missing side of the best split by `sums` (256, >= classes)."""
    best, best_cut, best_side = -np.inf, 0, 0
    low, high = np.empty(classes), np.empty(classes)
    absent = 0.0
    for y in range(classes):
        absent += sums[MISSING, y]
    for side in range(2 if absent > 0.0 else 1):
        for y in range(classes):
            low[y] = sums[MISSING, y] if side == 1 else 0.0
            high[y] = totals[y] - low[y]
        for cut in range(width):
            here = left_over = 0.0
            for y in range(classes):
                here += sums[cut, y]
                low[y] += sums[cut, y]
                high[y] -= sums[cut, y]
                left_over += high[y]
            if here == 0.0:
                continue
            if goal == ENTROPY and left_over == 0.0:
                break
            value = 0.0
            for part in (low, high):
                most = total = 0.0
                for y in range(classes):
                    most = max(most, part[y])
                    total += part[y]
                    if goal == ENTROPY and part[y] > 0.0:
                        value += part[y] * np.log(part[y])
                value += most if goal == LABELS else -total * np.log(total)
            if value > best:
                best, best_cut, best_side = value, cut, side
    return best, best_cut, best_side


@kernel
def best_mean_splits(codes, widths, begin, end, order, bounds, cells, least, score, cuts, missing):
    """Find the split whose sides are best told by their means, for features begin .. end-1.

    `order` int32 holds row numbers grouped by slot, `bounds` int64 (slots + 1,) where each group
    begins in it, and `cells` float32 (rows, c) what is to be told, in that order. The score is
    how far the summed squared distance from the mean falls; each side has at least `least` rows.
    Without such a cut it is -inf.
    """
    c = cells.shape[1]
    sums, rows = np.empty((256, c)), np.empty(256, np.int64)
    total, low = np.empty(c), np.empty(c)
    for f in range(begin, end):
        for k in range(bounds.size - 1):
            sums[:] = 0.0
            rows[:] = 0
            for j in range(bounds[k], bounds[k + 1]):
                code = codes[f, order[j]]
                rows[code] += 1
                for y in range(c):
                    sums[code, y] += cells[j, y]
            n = bounds[k + 1] - bounds[k]
            before = 0.0
            for y in range(c):
                total[y] = sums[MISSING, y]
                for cut in range(widths[f]):
                    total[y] += sums[cut, y]
                before += total[y] * total[y] / n
            score[f, k] = -np.inf
            for side in range(2 if rows[MISSING] > 0 else 1):
                left = rows[MISSING] if side == 1 else 0
                for y in range(c):
                    low[y] = sums[MISSING, y] if side == 1 else 0.0
                for cut in range(widths[f]):
                    if rows[cut] == 0:
                        continue
                    left += rows[cut]
                    for y in range(c):
                        low[y] += sums[cut, y]
                    if left < least:
                        continue
                    if n - left < least:
                        break
                    value = -before
                    for y in range(c):
                        high = total[y] - low[y]
                        value += low[y] * low[y] / left + high * high / (n - left)
                    if value > score[f, k]:
                        score[f, k] = value
                        cuts[f, k] = cut
                        missing[f, k] = side


@kernel
def leaves_of(rows, feature, threshold, missing_left, left, right, leaf):
    """Write the leaf of each float32 row (n, p) to `leaf`; NaN is missing."""
    for i in range(rows.shape[0]):
        v = 0
        while feature[v] >= 0:
            value = rows[i, feature[v]]
            goes_left = missing_left[v] if np.isnan(value) else value <= threshold[v]
            v = left[v] if goes_left else right[v]
        leaf[i] = v


@kernel
def sum_by_node(node, values, sums):
    """Add each row's `values` float32 (n, c) to `sums` float64 (nodes, c) at the row's node."""
    for i in range(node.size):
        for y in range(values.shape[1]):
            sums[node[i], y] += values[i, y]
