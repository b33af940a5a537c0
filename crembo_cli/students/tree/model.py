"""The tree itself: flat arrays, breadth first, and what it answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from crembo_cli.arrays import LEAF, Bools, Floats, Indices, Int32s
from crembo_cli.students.contract import Feature

if TYPE_CHECKING:
    from onnx import NodeProto, TensorProto


@dataclass(frozen=True, kw_only=True)
class Tree:
    """A binary decision tree over m nodes, numbered breadth first: node 0 is the root."""

    feature: Int32s  # (m,) the column asked at the node; LEAF at a leaf
    threshold: Floats  # (m,) values <= threshold go left; 0 at a leaf
    missing_left: Bools  # (m,) whether NaN goes left; False at a leaf
    left: Int32s  # (m,) the left child; at a leaf, the node itself
    right: Int32s  # (m,) the right child, left + 1; at a leaf, the node itself
    label: Indices  # (m,) the class index said at a leaf; at a split, of no meaning
    probabilities: Floats  # (m, c) rows sum to 1; at leaves the argmax is the label

    def leaves_of(self, rows: Floats) -> Int32s:
        """The leaf of each row: int32 (n,), for float32 rows (n, p)."""
        from crembo_cli.students.tree.kernels import leaves_of

        leaf = np.empty(len(rows), np.int32)
        rows = np.ascontiguousarray(rows, np.float32)
        leaves_of(
            rows, self.feature, self.threshold, self.missing_left, self.left, self.right, leaf
        )
        return leaf

    def predict(self, rows: Floats) -> Indices:
        """Class indices, int64 (n,), for float32 rows (n, p)."""
        return self.label[self.leaves_of(rows)]

    def predict_proba(self, rows: Floats) -> Floats:
        """The leaf's probabilities, float32 (n, c), for float32 rows (n, p)."""
        return self.probabilities[self.leaves_of(rows)]

    def splits(self) -> Indices:
        """The nodes that are not leaves, ascending."""
        return np.flatnonzero(self.feature != LEAF)

    def is_leaf(self) -> Bools:
        """Which nodes are leaves: bool (m,)."""
        return np.asarray(self.feature == LEAF)

    def levels(self) -> list[tuple[int, int]]:
        """The first node and the node after the last, of each level from the root's down."""
        return levels_of(self.feature, self.left)

    def node_depths(self) -> Indices:
        """How many splits lie above each node: int64 (m,)."""
        levels = self.levels()
        return np.repeat(np.arange(len(levels)), [end - begin for begin, end in levels])

    def size(self) -> dict[str, int]:
        """Tree depth, leaves, nodes, and parameters: two numbers a split, a label a leaf."""
        leaves = int(self.is_leaf().sum())
        splits = len(self.feature) - leaves
        return {
            "tree_depth": len(self.levels()) - 1,
            "leaves": leaves,
            "nodes": splits + leaves,
            "parameters": 2 * splits + leaves,
        }

    def to_onnx(
        self, rows: str, index: str, probabilities: str
    ) -> tuple[list[NodeProto], list[TensorProto]]:
        """One TreeEnsembleRegressor and an ArgMax; see `students.contract.Student.to_onnx`."""
        from crembo_cli.students.tree.onnx import tree_nodes

        return tree_nodes(self, rows, index, probabilities)

    def describe(self, features: Sequence[Feature], classes: Sequence[str]) -> str:
        """The tree as indented rules; see `students.contract.Student.describe`."""
        from crembo_cli.students.tree.text import tree_text

        return tree_text(self, features, classes)


def levels_of(feature: Int32s, left: Int32s) -> list[tuple[int, int]]:
    """See `Tree.levels`; for the nodes' `feature` and `left` of a tree or a draft."""
    found = [(0, 1)]
    while True:
        begin, end = found[-1]
        below = left[begin:end][feature[begin:end] != LEAF]
        if len(below) == 0:
            return found
        found.append((int(below[0]), int(below[-1]) + 2))


def compact(tree: Tree, keep: Int32s) -> tuple[Tree, Indices]:
    """The same tree with each node v replaced by `keep[v]`, unreachable nodes left out.

    `keep` is int32 (m,): the node that stands in v's place, v itself where nothing changes.
    Nodes are numbered anew, breadth first; also returns the old number of each.
    """
    order = [int(keep[0])]
    for v in order:
        if tree.feature[v] != LEAF:
            order += [int(keep[tree.left[v]]), int(keep[tree.right[v]])]
    old = np.array(order, np.int64)
    split = tree.feature[old] != LEAF
    left = np.arange(len(old), dtype=np.int32)
    left[split] = 1 + 2 * np.arange(split.sum(), dtype=np.int32)
    new = Tree(
        feature=tree.feature[old],
        threshold=np.where(split, tree.threshold[old], np.float32(0)),
        missing_left=tree.missing_left[old] & split,
        left=left,
        right=left + split,
        label=tree.label[old],
        probabilities=tree.probabilities[old],
    )
    return new, old
