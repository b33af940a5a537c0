"""Pruning: of a tree's subtrees, the one whose leaves are worth most; see `students.tree.worth`."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from crembo_cli.arrays import LEAF, Doubles, Indices
from crembo_cli.students.tree.model import Tree, compact


def prune_unreached(tree: Tree, rows: Indices) -> tuple[Tree, Indices]:
    """Remove the splits of `tree` with a side that none of `rows` (m,) reaches.

    `rows` is the number of rows at each node. Also returns the nodes kept.
    """
    keep = np.arange(len(tree.feature), dtype=np.int32)
    for v in tree.splits()[::-1]:
        left, right = keep[tree.left[v]], keep[tree.right[v]]
        if rows[left] == 0 or rows[right] == 0:
            keep[v] = right if rows[left] == 0 else left
    return compact(tree, keep)


def prune_by_gain(
    tree: Tree, alone: Indices, as_leaf: Doubles, kept: Doubles, price: float
) -> tuple[Tree, Indices]:
    """Remove the subtrees of `tree` that are worth less than the leaf in their place.

    Also returns the nodes kept. `alone` (m,) is the class that a node predicts once it is a leaf,
    `as_leaf` (m,) what it is worth then, and `kept` (m,) what the leaves of `tree` are worth as
    they are. From the bottom up, a subtree of k leaves stays where its leaves together are worth
    at least `price` * (k - 1) more than the one leaf.
    """
    feature, label = tree.feature.copy(), tree.label.copy()
    leaves = np.ones(len(feature), np.int64)
    worth = kept.copy()
    for v in tree.splits()[::-1]:
        left, right = tree.left[v], tree.right[v]
        leaves[v] = leaves[left] + leaves[right]
        worth[v] = worth[left] + worth[right]
        if worth[v] - as_leaf[v] < price * (leaves[v] - 1):
            feature[v], label[v] = LEAF, alone[v]
            leaves[v], worth[v] = 1, as_leaf[v]
    keep = np.arange(len(feature), dtype=np.int32)
    return compact(replace(tree, feature=feature, label=label), keep)


def prune_to_leaves(
    tree: Tree, alone: Indices, as_leaf: Doubles, kept: Doubles, most: int
) -> tuple[Tree, Indices]:
    """Prune `tree` to the at most `most` leaves that are worth most together.

    Also returns the nodes kept. Of equal trees, the one with the fewest leaves. The other
    arguments are those of `prune_by_gain`. Exact: dynamic programming over the best worth of
    each subtree with 1, 2, ... leaves.
    """
    m = len(tree.feature)
    worth = [np.array([each]) for each in np.where(tree.is_leaf(), kept, as_leaf)]
    # worth[v][k]: of subtree v with k + 1 leaves; share[v][k]: how many of those are on its left
    share = [np.zeros(1, np.int64)] * m
    for v in tree.splits()[::-1]:
        left, right = worth[tree.left[v]], worth[tree.right[v]]
        best = np.full(min(len(left) + len(right), most), -np.inf)
        best[0] = as_leaf[v]
        on_left = np.zeros(len(best), np.int64)
        for k, more in enumerate(left[: most - 1]):
            both = slice(k + 1, k + 1 + len(right))
            total = (more + right)[: len(best) - k - 1]
            better = total > best[both]
            best[both] = np.where(better, total, best[both])
            on_left[both][better] = k + 1
        worth[v], share[v] = best, on_left
    feature, label = tree.feature.copy(), tree.label.copy()
    leaves = np.zeros(m, np.int64)
    leaves[0] = 1 + np.argmax(worth[0])
    for v in tree.splits():
        leaves[tree.left[v]] = on_left = share[v][leaves[v] - 1]
        leaves[tree.right[v]] = leaves[v] - on_left
        if leaves[v] <= 1:
            # Nodes below a new leaf are unreachable, so their contents do not matter.
            leaves[tree.left[v]] = leaves[tree.right[v]] = 1
            feature[v], label[v] = LEAF, alone[v]
    return compact(replace(tree, feature=feature, label=label), np.arange(m, dtype=np.int32))
