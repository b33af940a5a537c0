"""Pruning: what says the same, what no row reaches, and what earns too little."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from crembo_cli.arrays import LEAF, Doubles, Indices
from crembo_cli.students.tree.model import Tree, compact


def prune_same(tree: Tree, rows: Indices) -> tuple[Tree, Indices]:
    """`tree` without splits that change nothing, and which of its nodes (m,) stayed.

    `rows` (m,) is how many rows pass each node. A split goes when one of its sides gets none of
    them, or when all leaves below it say the same; every row is answered as before.
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
    """`tree` without splits that earn less than `alpha` of mean belief on held rows each.

    Also returns which of its nodes stayed. `fitted` and `validation` are float64 (m, c): the
    beliefs of the fit rows and of the held rows that pass each node, summed. From the bottom up, a
    subtree of k leaves stays where its mean belief over all held rows is at least
    alpha * (k - 1) above that of the one leaf that would replace it, which says what the fit
    rows believe most.
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
    """Of the trees of at most `most` leaves that `tree` can be pruned to, the one to keep.

    It has the largest mean belief on held rows, and of equals the fewest leaves; also returns
    which nodes stayed. `fitted` and `validation` as in `prune_by_belief`. Exact, by the best that
    each subtree can earn with 1, 2, ... leaves.
    """
    alone = np.argmax(fitted, axis=1)
    m = len(tree.feature)
    says = np.where(tree.is_leaf(), tree.label, alone)
    as_leaf = validation[np.arange(m), says]
    total_reward = [np.array([each]) for each in as_leaf]  # of subtree v: [k] with k + 1 leaves
    share = [np.zeros(1, np.int64)] * m  # how many of those leaves lie on its left
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
            # Below a node that became a leaf nothing is reached, whatever is written there.
            leaves[tree.left[v]] = leaves[tree.right[v]] = 1
            feature[v], label[v] = LEAF, alone[v]
    return compact(replace(tree, feature=feature, label=label), np.arange(m, dtype=np.int32))
