"""TAO: the nodes re-optimised in turn, each for the reward of the whole tree.

Carreira-Perpinan & Tavallali, "Alternating optimization of decision trees", NeurIPS 2018. With
the rest of the tree fixed, a row that reaches a node matters to it only by what it earns when
sent left and what when sent right; so the best split of a node is one histogram pass over the
difference. Nodes of one level share no rows and are done together, the deepest level first.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from crembo_cli.students.contract import Floats, Indices
from crembo_cli.students.tree.bins import Bins
from crembo_cli.students.tree.draft import Draft, summed_by_node
from crembo_cli.students.tree.model import LEAF
from crembo_cli.students.tree.splits import (
    Groups,
    Splits,
    by_gain,
    by_labels,
    group_rows,
)

RISE = 1e-9  # of the number of rows; a smaller gain is rounding, not a rise


def refine(draft: Draft, bins: Bins, rewards: Floats, passes: int, threads: int) -> list[float]:
    """Up to `passes` TAO passes over `draft`, in place, for `rewards`, float32 (n, c) in [0, 1].

    Returns the objective, sum over i of rewards[i, f(x_i)], before the first pass and after
    each; it never falls, and the passes end when it stops rising.
    """
    n = len(rewards)
    rows = np.arange(n, dtype=np.int32)
    levels = draft.levels()
    objective = [_relabel(draft, bins, rewards, rows)]
    for _ in range(passes):
        at = np.zeros((len(levels), n), np.int32)  # each row's node when it has reached a level
        for level in range(1, len(levels)):
            at[level] = at[level - 1]
            draft.descend(bins, rows, at[level], 1)
        for level in range(len(levels) - 2, -1, -1):
            _refine_level(draft, bins, rewards, at[level], levels[level], threads)
        objective.append(_relabel(draft, bins, rewards, rows))
        if objective[-1] <= objective[-2] + RISE * n:
            break
    return objective


def _refine_level(
    draft: Draft,
    bins: Bins,
    rewards: Floats,
    node: NDArray[np.int32],
    level: tuple[int, int],
    threads: int,
) -> None:
    """Replace each split of one level by the best one, where that earns more."""
    begin, end = level
    both_leaves = (draft.feature[draft.left] == LEAF) & (draft.feature[draft.right] == LEAF)
    inside = (node >= begin) & (node < end) & (draft.feature[node] != LEAF)
    upper = np.flatnonzero(inside & ~both_leaves[node]).astype(np.int32)
    lowest = np.flatnonzero(inside & both_leaves[node]).astype(np.int32)
    if len(upper):
        groups = group_rows(node, upper, begin, end - begin)
        _refine_upper(draft, bins, rewards, node, upper, groups, threads)
    if len(lowest):
        groups = group_rows(node, lowest, begin, end - begin)
        _refine_lowest(draft, bins, rewards, node, lowest, groups, threads)


def _refine_upper(
    draft: Draft,
    bins: Bins,
    rewards: Floats,
    node: NDArray[np.int32],
    rows: NDArray[np.int32],
    groups: Groups,
    threads: int,
) -> None:
    """Choose the splits by what `rows` earn through the subtrees as they stand."""
    gain = _gains(draft, bins, rewards, node, rows)
    child = node.copy()
    draft.descend(bins, rows, child, 1)
    left_gain = np.where(child[rows] == draft.left[node[rows]], gain[rows], 0.0)
    now = _summed(left_gain, node[rows], groups)
    best = by_gain(bins, groups, gain, threads)
    _put(draft, groups.first, np.flatnonzero(best.score > now + RISE * len(rewards)), best)


def _refine_lowest(
    draft: Draft,
    bins: Bins,
    rewards: Floats,
    node: NDArray[np.int32],
    rows: NDArray[np.int32],
    groups: Groups,
    threads: int,
) -> None:
    """Choose the splits above two leaves together with both leaves' labels."""
    leaf = node.copy()
    draft.descend(bins, rows, leaf, 1)
    earned = rewards[rows, draft.label[leaf[rows]]].astype(np.float64)
    now = _summed(earned, node[rows], groups)
    best = by_labels(bins, groups, rewards, threads)
    better = np.flatnonzero(best.score > now + RISE * len(rewards))
    _put(draft, groups.first, better, best)

    leaf[rows] = node[rows]
    draft.descend(bins, rows, leaf, 1)
    sums = summed_by_node(leaf, rows, rewards, len(draft.label))
    for side in (draft.left, draft.right):
        changed = side[groups.first + better]
        draft.label[changed] = np.argmax(sums[changed], axis=1)


def _summed(
    values: NDArray[np.float64], node: NDArray[np.int32], groups: Groups
) -> NDArray[np.float64]:
    """The sum of `values` in each group: float64 (groups,)."""
    return np.bincount(node - groups.first, values, len(groups.bounds) - 1).astype(np.float64)


def _gains(
    draft: Draft, bins: Bins, rewards: Floats, node: NDArray[np.int32], rows: NDArray[np.int32]
) -> NDArray[np.float64]:
    """What each of `rows` earns when sent left at its node less when sent right: (n,)."""
    ends = []
    for side in (draft.left, draft.right):
        leaf = side[node]
        draft.descend(bins, rows, leaf, len(draft.feature))
        ends.append(draft.label[leaf[rows]])
    gain = np.zeros(len(rewards))
    a, b = ends
    gain[rows] = rewards[rows, a].astype(np.float64) - rewards[rows, b]
    return gain


def _put(draft: Draft, begin: int, chosen: Indices, splits: Splits) -> None:
    draft.feature[begin + chosen] = splits.feature[chosen]
    draft.cut[begin + chosen] = splits.cut[chosen]
    draft.missing_left[begin + chosen] = splits.missing_left[chosen]


def _relabel(draft: Draft, bins: Bins, rewards: Floats, rows: NDArray[np.int32]) -> float:
    """Give each leaf the label with the largest summed reward; returns the objective.

    A leaf that no row reaches keeps its label; so does one whose label is as good as the best.
    """
    leaf = np.zeros(len(rewards), np.int32)
    draft.descend(bins, rows, leaf, len(draft.feature))
    sums = summed_by_node(leaf, rows, rewards, len(draft.label))
    own = sums[np.arange(len(sums)), draft.label]
    draft.label = np.where(sums.max(axis=1) > own, np.argmax(sums, axis=1), draft.label)
    return float(sums[np.arange(len(sums)), draft.label].sum())
