"""Pruning: what says the same, what no row reaches, and what earns too little."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from crembo_cli.students.contract import Floats
from crembo_cli.students.tree.draft import summed_by_node
from crembo_cli.students.tree.model import LEAF, Tree, compact


def prune_same(tree: Tree, rows: Floats) -> Tree:
    """`tree` without splits that change nothing for `rows`, float32 (n, p).

    A split goes when one of its sides gets none of the rows, or when all leaves below it say
    the same; every row is answered as before.
    """
    reached = rows_by_node(tree, tree.leaves_of(rows), np.ones((len(rows), 1), np.float32))[:, 0]
    feature, label = tree.feature.copy(), tree.label.copy()
    keep = np.arange(len(feature), dtype=np.int32)
    for v in _splits_upward(tree):
        left, right = keep[tree.left[v]], keep[tree.right[v]]
        if reached[left] == 0 or reached[right] == 0:
            keep[v] = right if reached[left] == 0 else left
        elif feature[left] == feature[right] == LEAF and label[left] == label[right]:
            feature[v], label[v] = LEAF, label[left]
    return compact(replace(tree, feature=feature, label=label), keep)


def prune_by_belief(
    tree: Tree,
    beliefs_by_node: NDArray[np.float64],
    held_by_node: NDArray[np.float64],
    alpha: float,
) -> Tree:
    """`tree` without splits that earn less than `alpha` of mean belief on the held rows each.

    `beliefs_by_node` and `held_by_node` are float64 (m, c): the beliefs of the fit rows and of
    the held rows that pass each node, summed. From the bottom up, a subtree of k leaves stays
    where its mean belief over all held rows is at least alpha * (k - 1) above that of the one
    leaf that would replace it, which says what the fit rows believe most.
    """
    total = held_by_node[0].sum()
    alone = np.argmax(beliefs_by_node, axis=1)
    feature, label = tree.feature.copy(), tree.label.copy()
    leaves = np.ones(len(feature), np.int64)
    earned = held_by_node[np.arange(len(feature)), label]
    for v in _splits_upward(tree):
        left, right = tree.left[v], tree.right[v]
        leaves[v] = leaves[left] + leaves[right]
        earned[v] = earned[left] + earned[right]
        as_leaf = held_by_node[v, alone[v]]
        if earned[v] - as_leaf < alpha * total * (leaves[v] - 1):
            feature[v], label[v] = LEAF, alone[v]
            leaves[v], earned[v] = 1, as_leaf
    keep = np.arange(len(feature), dtype=np.int32)
    return compact(replace(tree, feature=feature, label=label), keep)


def rows_by_node(tree: Tree, leaf: NDArray[np.int32], values: Floats) -> NDArray[np.float64]:
    """`values` (n, c) of the rows that pass each node, summed: float64 (m, c).

    `leaf` int32 (n,) is the leaf of each row.
    """
    everyone = np.arange(len(leaf), dtype=np.int32)
    sums = summed_by_node(leaf, everyone, values, len(tree.feature))
    for v in _splits_upward(tree):
        sums[v] = sums[tree.left[v]] + sums[tree.right[v]]
    return sums


def _splits_upward(tree: Tree) -> NDArray[np.int64]:
    """The splits, children before their parents."""
    return np.flatnonzero(~tree.is_leaf())[::-1]
