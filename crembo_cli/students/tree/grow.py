"""Growth: breadth first, on the entropy of what the rewards say."""

from __future__ import annotations

import numpy as np

from crembo_cli.students.contract import Floats
from crembo_cli.students.tree.bins import Bins
from crembo_cli.students.tree.draft import Draft, summed_by_node
from crembo_cli.students.tree.model import LEAF
from crembo_cli.students.tree.splits import by_entropy, group_rows

PURE = 1e-9  # nats a row; what is left of the entropy of equal shares after rounding


def grow(bins: Bins, rewards: Floats, max_depth: int, threads: int) -> Draft:
    """A tree of at most `max_depth` levels of splits for `rewards`, float32 (n, c) in [0, 1].

    Each row votes with its row-normalised rewards (a row that is all 0 does not vote); a node
    is split where the votes' entropy falls most. A split that gains nothing is still made
    while the node is impure, because its children may gain (as in an exclusive or). Each leaf
    says the class with the largest summed reward.
    """
    n = len(rewards)
    total = rewards.sum(axis=1, keepdims=True)
    shares = np.divide(rewards, total, out=np.zeros_like(rewards), where=total > 0)
    rows = np.arange(n, dtype=np.int32)
    node = np.zeros(n, np.int32)

    size = min(2 ** (max_depth + 1) - 1, 2 * n + 1)
    draft = Draft(
        feature=np.full(size, LEAF, np.int32),
        cut=np.zeros(size, np.int64),
        missing_left=np.zeros(size, np.bool_),
        left=np.arange(size, dtype=np.int32),
        right=np.arange(size, dtype=np.int32),
        label=np.zeros(size, np.int64),
    )
    begin, end = 0, 1
    for level in range(max_depth + 1):
        votes = summed_by_node(node, rows, shares, end)[begin:]
        draft.label[begin:end] = np.argmax(summed_by_node(node, rows, rewards, end)[begin:], 1)
        open_ = _entropy(votes) > PURE * votes.sum(axis=1)
        if level == max_depth or not open_.any():
            break
        groups = group_rows(node, rows, begin, end - begin)
        splits = by_entropy(bins, groups, shares, threads)
        chosen = np.flatnonzero(open_ & np.isfinite(splits.score))
        children = end + 2 * np.arange(len(chosen), dtype=np.int32)
        draft.feature[begin + chosen] = splits.feature[chosen]
        draft.cut[begin + chosen] = splits.cut[chosen]
        draft.missing_left[begin + chosen] = splits.missing_left[chosen]
        draft.left[begin + chosen] = children
        draft.right[begin + chosen] = children + 1
        draft.descend(bins, rows, node, 1)
        begin, end = end, end + 2 * len(chosen)
        # Rows of closed leaves are done with.
        rows = rows[node[rows] >= begin]
        if len(rows) == 0:
            break
    return Draft(**{name: values[:end] for name, values in vars(draft).items()})


def _entropy(
    votes: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Entropy in nats times the summed votes, for each row of votes (nodes, c)."""
    total = votes.sum(axis=1)
    inner = np.where(votes > 0, votes * np.log(np.maximum(votes, 1e-300)), 0.0).sum(axis=1)
    return np.asarray(total * np.log(np.maximum(total, 1e-300)) - inner)
