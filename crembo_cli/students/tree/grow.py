"""Growth: breadth first, by the entropy of the rewards."""

from __future__ import annotations

import numpy as np

from crembo_cli.arrays import LEAF, Floats
from crembo_cli.students.tree.bins import Bins
from crembo_cli.students.tree.draft import Draft, exact_rewards, summed_by_node
from crembo_cli.students.tree.splits import by_entropy, group_rewards


def grow(bins: Bins, rewards: Floats, max_depth: int, threads: int) -> Draft:
    """Grow a tree of at most `max_depth` levels of splits for exact `rewards`, float32 (n, c).

    Each row votes with its row-normalised rewards; a row that is all 0 does not vote. A node is
    split where the entropy of the votes falls most, with votes on both sides. A node with votes
    for two classes is split even without a gain, because its children may gain (exclusive or).
    Each leaf predicts the class with the largest summed reward.
    """
    n = len(rewards)
    total = rewards.sum(axis=1, keepdims=True)
    votes = exact_rewards(np.divide(rewards, total, out=np.zeros_like(rewards), where=total > 0))
    node = np.zeros(n, np.int32)
    draft = _leaves(min(2 ** (max_depth + 1) - 1, 2 * n + 1))
    begin, end = 0, 1
    for level in range(max_depth + 1):
        draft.label[begin:end] = np.argmax(summed_by_node(node, rewards, end)[begin:], axis=1)
        sums = summed_by_node(node, votes, end)[begin:]
        open_ = np.flatnonzero((sums > 0).sum(axis=1) > 1)
        if level == max_depth or len(open_) == 0:
            break
        slot_of = np.full(end, -1, np.int32)
        slot_of[begin + open_] = np.arange(len(open_))
        rows = np.flatnonzero(slot_of[node] >= 0).astype(np.int32)
        groups = group_rewards(votes, rows, slot_of[node[rows]], sums[open_], sums[open_] > 0)
        splits = by_entropy(bins, groups, threads)
        nodes = draft.put(begin + open_, splits, np.isfinite(splits.score))
        children = end + 2 * np.arange(len(nodes), dtype=np.int32)
        draft.left[nodes] = children
        draft.descend(bins, node, 1, threads)
        begin, end = end, end + 2 * len(nodes)
    return Draft(**{name: values[:end] for name, values in vars(draft).items()})


def _leaves(size: int) -> Draft:
    """A draft of `size` leaves."""
    return Draft(
        feature=np.full(size, LEAF, np.int32),
        cut=np.zeros(size, np.int64),
        missing_left=np.zeros(size, np.bool_),
        left=np.arange(size, dtype=np.int32),
        label=np.zeros(size, np.int64),
    )
