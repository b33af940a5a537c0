"""Grow the leaves of a tree by one split each: what a search with a limit of leaves tries again.

A tree that is grown whole and pruned to a few leaves has splits that were chosen for the leaves
below them. Growing it again from where it is, refining and pruning finds better places for the
same number of leaves (`TreeLearner.fit`).
"""

from __future__ import annotations

import numpy as np

from crembo_cli.arrays import LEAF, Floats
from crembo_cli.students.tree.bins import Bins
from crembo_cli.students.tree.grow import Draft, from_tree, summed_by_node
from crembo_cli.students.tree.model import Tree, compact
from crembo_cli.students.tree.splits import by_entropy, group_rewards


def split_leaves(tree: Tree, bins: Bins, votes: Floats, max_depth: int, threads: int) -> Tree:
    """`tree` with every leaf above `max_depth` split where the entropy of the `votes` falls most.

    `votes` is exact, float32 (n, c). The labels of the new leaves are those of the old ones.
    """
    draft = from_tree(tree, bins)
    node, m = draft.leaves(bins, threads), len(tree.feature)
    sums = summed_by_node(node, votes, m)
    divisible = (sums > 0).sum(axis=1) > 1
    open_ = np.flatnonzero(tree.is_leaf() & divisible & (tree.node_depths() < max_depth))
    if len(open_) == 0:
        return tree
    slot_of = np.full(m, -1, np.int32)
    slot_of[open_] = np.arange(len(open_))
    rows = np.flatnonzero(slot_of[node] >= 0).astype(np.int32)
    groups = group_rewards(votes, rows, slot_of[node[rows]], sums[open_], sums[open_] > 0)
    splits = by_entropy(bins, groups, threads)
    nodes = draft.put(open_, splits, np.isfinite(splits.score))
    children = m + np.arange(2 * len(nodes), dtype=np.int32)
    draft.left[nodes] = children[::2]
    longer = Draft(
        feature=np.append(draft.feature, np.full(len(children), LEAF, np.int32)),
        cut=np.append(draft.cut, np.zeros(len(children), np.int64)),
        missing_left=np.append(draft.missing_left, np.zeros(len(children), np.bool_)),
        left=np.append(draft.left, children),
        label=np.append(draft.label, np.repeat(draft.label[nodes], 2)),
    )
    grown = longer.to_tree(bins, votes.shape[1])
    return compact(grown, np.arange(len(longer.feature), dtype=np.int32))[0]
