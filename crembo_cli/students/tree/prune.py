"""Pruning: splits that change nothing, that no row reaches, or that gain too little."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from crembo_cli.arrays import LEAF, Doubles, Indices
from crembo_cli.students.tree.model import Tree, compact


def prune_same(tree: Tree, rows: Indices) -> tuple[Tree, Indices]:
    """Remove the splits of `tree` that change no prediction; also return the nodes kept.

    `rows` (m,) is the number of rows at each node. A split is removed if one of its sides has no
    rows, or if all leaves below it have the same label.
    """
    feature, label = tree.feature.copy(), tree.label.copy()
    keep = np.arange(len(feature), dtype=np.int32)
    for v in tree.splits()[::-1]:
        left, right = keep[tree.left[v]], keep[tree.right[v]]
        if rows[left] == 0 or rows[right] == 0:
            keep[v] = right if rows[left] == 0 else left
        elif feature[left] == feature[right] == LEAF and label[left] == label[right]:
            feature[v], label[v] = LEAF, label[left]
    return compact(replace(tree, feature=feature, label=label), keep)


def prune_by_belief(
    tree: Tree, fitted: Doubles, validation: Doubles, alpha: float
) -> tuple[Tree, Indices]:
    """Remove the splits of `tree` that gain less than `alpha` of mean belief.

    Also returns the nodes kept. `fitted` and `validation` are float64 (m, c): the summed beliefs
    of the training rows and of the rows to prune on, at each node. From the bottom up, a subtree
    of k leaves is kept if its mean belief, over all rows to prune on, is at least alpha * (k - 1)
    above that of the leaf that would replace it. That leaf predicts the class with the largest
    belief on the training rows.
    """
    least = alpha * validation[0].sum()
    alone = np.argmax(fitted, axis=1)
    feature, label = tree.feature.copy(), tree.label.copy()
    leaves = np.ones(len(feature), np.int64)
    total_reward = validation[np.arange(len(feature)), label]
    for v in tree.splits()[::-1]:
        left, right = tree.left[v], tree.right[v]
        leaves[v] = leaves[left] + leaves[right]
        total_reward[v] = total_reward[left] + total_reward[right]
        as_leaf = validation[v, alone[v]]
        if total_reward[v] - as_leaf < least * (leaves[v] - 1):
            feature[v], label[v] = LEAF, alone[v]
            leaves[v], total_reward[v] = 1, as_leaf
    keep = np.arange(len(feature), dtype=np.int32)
    return compact(replace(tree, feature=feature, label=label), keep)


def prune_to_leaves(
    tree: Tree, fitted: Doubles, validation: Doubles, most: int
) -> tuple[Tree, Indices]:
    """Prune `tree` to at most `most` leaves with the largest mean belief.

    Also returns the nodes kept. Of equal trees, the one with the fewest leaves.
    `fitted` and `validation` are as in `prune_by_belief`. Exact: dynamic programming over the
    best reward of each subtree with 1, 2, ... leaves.
    """
    alone = np.argmax(fitted, axis=1)
    m = len(tree.feature)
    labels = np.where(tree.is_leaf(), tree.label, alone)
    as_leaf = validation[np.arange(m), labels]
    total_reward = [np.array([each]) for each in as_leaf]  # [v][k]: of subtree v with k + 1 leaves
    share = [np.zeros(1, np.int64)] * m  # [v][k]: how many of those leaves are on its left
    for v in tree.splits()[::-1]:
        left, right = total_reward[tree.left[v]], total_reward[tree.right[v]]
        best = np.full(min(len(left) + len(right), most), -np.inf)
        best[0] = as_leaf[v]
        on_left = np.zeros(len(best), np.int64)
        for k, more in enumerate(left[: most - 1]):
            both = slice(k + 1, k + 1 + len(right))
            total = (more + right)[: len(best) - k - 1]
            better = total > best[both]
            best[both] = np.where(better, total, best[both])
            on_left[both][better] = k + 1
        total_reward[v], share[v] = best, on_left
    feature, label = tree.feature.copy(), tree.label.copy()
    leaves = np.zeros(m, np.int64)
    leaves[0] = 1 + np.argmax(total_reward[0])
    for v in tree.splits():
        leaves[tree.left[v]] = on_left = share[v][leaves[v] - 1]
        leaves[tree.right[v]] = leaves[v] - on_left
        if leaves[v] <= 1:
            # Nodes below a new leaf are unreachable, so their contents do not matter.
            leaves[tree.left[v]] = leaves[tree.right[v]] = 1
            feature[v], label[v] = LEAF, alone[v]
    return compact(replace(tree, feature=feature, label=label), np.arange(m, dtype=np.int32))
