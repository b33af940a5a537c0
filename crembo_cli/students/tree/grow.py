"""A tree under construction: grown breadth first on entropy, in codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from crembo_cli.arrays import LEAF, Bools, Doubles, Floats, Indices, Int32s
from crembo_cli.students.tree.bins import MISSING, Bins
from crembo_cli.students.tree.model import Tree, levels_of
from crembo_cli.students.tree.splits import Splits, by_entropy, group_rewards
from crembo_cli.threads import in_threads


@dataclass(kw_only=True)
class Draft:
    """Like `Tree`, with cuts for thresholds and no probabilities; its arrays are mutable."""

    feature: Int32s  # (m,)
    cut: Indices  # (m,) codes <= cut go left
    missing_left: Bools  # (m,)
    left: Int32s  # (m,) the left child, followed by the right one; at a leaf, itself
    label: Indices  # (m,)

    def splits(self) -> Indices:
        """The nodes that are not leaves, ascending."""
        return np.flatnonzero(self.feature != LEAF)

    def levels(self) -> list[tuple[int, int]]:
        """The first node and the node after the last one of each level, from the root down."""
        return levels_of(self.feature, self.left)

    def parents(self) -> Int32s:
        """The split above each node, int32 (m,); the root's parent is the root."""
        parent = np.zeros(len(self.feature), np.int32)
        splits = self.splits()
        parent[self.left[splits]] = parent[self.left[splits] + 1] = splits
        return parent

    def route(self) -> tuple[Int32s, Int32s, NDArray[np.uint8]]:
        """The arguments `feature`, `left` and `goes_right` of the kernels."""
        goes_right = np.arange(256) > self.cut[:, None]
        goes_right[:, MISSING] = ~self.missing_left
        return self.feature, self.left, goes_right.view(np.uint8)

    def descend(self, bins: Bins, node: Int32s, levels: int, threads: int) -> None:
        """Move every row at most `levels` splits down from `node[row]`, in place."""
        from crembo_cli.students.tree.kernels import descend

        route = self.route()
        in_threads(
            lambda begin, end: descend(bins.codes, begin, end, *route, levels, node),
            len(node), threads, work=4 * levels * len(node),
        )  # fmt: skip

    def leaves(self, bins: Bins, threads: int) -> Int32s:
        """The leaf of each row: int32 (n,)."""
        node = np.zeros(bins.codes.shape[1], np.int32)
        self.descend(bins, node, len(self.levels()) - 1, threads)
        return node

    def put(self, nodes: Indices, splits: Splits, chosen: Bools) -> Indices:
        """Set the splits of `nodes[chosen]` and return those nodes."""
        changed = nodes[chosen]
        self.feature[changed] = splits.feature[chosen]
        self.cut[changed] = splits.cut[chosen]
        self.missing_left[changed] = splits.missing_left[chosen]
        return changed

    def to_tree(self, bins: Bins, classes: int) -> Tree:
        """The tree with thresholds in values; its probabilities are one-hot at the label."""
        leaf = self.feature == LEAF
        threshold = bins.thresholds(self.feature, self.cut)
        return Tree(
            feature=self.feature.copy(),
            threshold=np.where(leaf, np.float32(0), threshold),
            missing_left=self.missing_left & ~leaf,
            left=self.left.copy(),
            right=self.left + ~leaf,
            label=self.label.copy(),
            probabilities=np.eye(classes, dtype=np.float32)[self.label],
        )


def from_tree(tree: Tree, bins: Bins) -> Draft:
    """The draft of `tree`, each threshold moved to the nearest edge of `bins` at or below it."""
    return Draft(
        feature=tree.feature.copy(),
        cut=bins.cuts(tree.feature, tree.threshold),
        missing_left=tree.missing_left.copy(),
        left=tree.left.copy(),
        label=tree.label.copy(),
    )


def summed_by_node(node: Int32s, values: Floats, count: int) -> Doubles:
    """Sum `values` (n, c) over the rows at each of `count` nodes: float64 (count, c)."""
    from crembo_cli.students.tree.kernels import sum_by_node

    sums = np.zeros((count, values.shape[1]))
    sum_by_node(node, values, sums)
    return sums


def best_labels(sums: Doubles, own: Indices) -> Indices:
    """The class with the largest of `sums` (m, c), int64 (m,); `own` (m,) wins a tie."""
    best = np.argmax(sums, axis=1)
    each = np.arange(len(sums))
    return np.where(sums[each, best] > sums[each, own], best, own)


A = TypeVar("A", np.int64, np.float64)


@dataclass(frozen=True, kw_only=True)
class NodeStats:
    """The rows at each of m nodes, summed up."""

    rows: Indices  # (m,) the number of rows
    absent: Indices  # (m,) how many of them lack the value that the node tests
    beliefs: Doubles  # (m, c) the sum of their beliefs

    def at(self, nodes: Indices) -> NodeStats:
        """The sums at `nodes` only."""
        return NodeStats(
            rows=self.rows[nodes], absent=self.absent[nodes], beliefs=self.beliefs[nodes]
        )


def node_stats(tree: Tree, rows: Floats, beliefs: Floats) -> NodeStats:
    """Sum up float32 rows (n, p) with beliefs (n, c) at each node of `tree`."""
    m, leaf = len(tree.feature), tree.leaves_of(rows)
    absent = np.zeros(m, np.int64)
    for feature in np.unique(tree.feature[tree.splits()]):
        missing = np.isnan(rows[:, feature])
        if missing.any():
            here = tree.feature == feature
            absent[here] = _upwards(tree, np.bincount(leaf[missing], minlength=m))[here]
    return NodeStats(
        rows=_upwards(tree, np.bincount(leaf, minlength=m)),
        absent=absent,
        beliefs=_upwards(tree, summed_by_node(leaf, exact_rewards(beliefs), m)),
    )


def _upwards(tree: Tree, sums: NDArray[A]) -> NDArray[A]:
    """Add `sums` (m, ...) at the leaves up to the nodes above, in place."""
    for begin, end in tree.levels()[-2::-1]:
        splits = begin + np.flatnonzero(~tree.is_leaf()[begin:end])
        sums[splits] = sums[tree.left[splits]] + sums[tree.right[splits]]
    return sums


STEP = 2.0**-23  # rewards are multiples of it


def exact_rewards(rewards: Floats) -> Floats:
    """Round `rewards` (n, c) in [0, 1] to multiples of 2^-23: a float32 copy in C order.

    A float64 holds any sum of up to 2^30 such numbers exactly, and a float32 holds the difference
    of two. So no sum depends on the order of the rows or the number of threads, equal splits tie
    exactly, and a gain in the objective is never a rounding error.
    """
    rounded = np.multiply(rewards, np.float32(1 / STEP), dtype=np.float32, order="C")
    np.rint(rounded, out=rounded)
    rounded *= np.float32(STEP)
    return rounded


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
    draft = leaves(min(2 ** (max_depth + 1) - 1, 2 * n + 1))
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


def leaves(size: int) -> Draft:
    """A draft of `size` leaves."""
    return Draft(
        feature=np.full(size, LEAF, np.int32),
        cut=np.zeros(size, np.int64),
        missing_left=np.zeros(size, np.bool_),
        left=np.arange(size, dtype=np.int32),
        label=np.zeros(size, np.int64),
    )
