"""The fitted tree: flat arrays in breadth-first order, its predictions and its texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from crembo_cli.arrays import LEAF, Bools, Doubles, Floats, Indices, Int32s
from crembo_cli.core.margins import leaf_boxes, tree_margins
from crembo_cli.students.contract import Feature
from crembo_cli.students.graph import read_tree_ensemble
from crembo_cli.students.nodes import OPSETS, TreeArrays, tree_ensemble
from crembo_cli.students.program import Program, node_of
from crembo_cli.students.tree.descent import leaves_of
from crembo_cli.students.tree.text import (
    Branch,
    conditions,
    goes_left,
    leaf_text,
    path_text,
    reaches,
    unseen_note,
)

if TYPE_CHECKING:
    from onnx import GraphProto, NodeProto, TensorProto


@dataclass(frozen=True, kw_only=True)
class Tree:
    """A binary decision tree over m nodes, numbered breadth first: node 0 is the root."""

    kind: ClassVar[str] = "tree"
    opsets: ClassVar[tuple[int, int]] = OPSETS

    feature: Int32s  # (m,) the column that a split tests; LEAF at a leaf
    threshold: Floats  # (m,) values <= threshold go left; 0 at a leaf
    missing_left: Bools  # (m,) whether NaN goes left; False at a leaf
    left: Int32s  # (m,) the left child; at a leaf, the node itself
    right: Int32s  # (m,) the right child, left + 1; at a leaf, the node itself
    label: Indices  # (m,) the class index that a leaf predicts; no meaning at a split
    probabilities: Floats  # (m, c) rows sum to 1; at leaves the argmax is the label

    def leaves_of(self, rows: Floats) -> Int32s:
        """The leaf of each row: int32 (n,), for float32 rows (n, p)."""
        return leaves_of(self, rows)

    def predict(self, rows: Floats) -> Indices:
        """Class indices, int64 (n,), for float32 rows (n, p)."""
        return self.label[self.leaves_of(rows)]

    def predict_proba(self, rows: Floats) -> Floats:
        """The leaf's probabilities, float32 (n, c), for float32 rows (n, p)."""
        return self.probabilities[self.leaves_of(rows)]

    def decided_by(self, utilities: Doubles) -> Tree:
        """The tree whose leaves predict the class with the largest expected utility."""
        values = self.probabilities.astype(np.float64) @ utilities
        return replace(self, label=values.argmax(axis=1))

    def splits(self) -> Indices:
        """The nodes that are not leaves, ascending."""
        return np.flatnonzero(self.feature != LEAF)

    def is_leaf(self) -> Bools:
        """Which nodes are leaves: bool (m,)."""
        return np.asarray(self.feature == LEAF)

    def levels(self) -> list[tuple[int, int]]:
        """The first node and the node after the last one of each level, from the root down."""
        return levels_of(self.feature, self.left)

    def node_depths(self) -> Indices:
        """The depth of each node, the number of splits above it: int64 (m,)."""
        levels = self.levels()
        return np.repeat(np.arange(len(levels)), [end - begin for begin, end in levels])

    def size(self) -> dict[str, int]:
        """Tree depth, leaves, nodes, and parameters: two per split, one per leaf."""
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
        """One TreeEnsembleRegressor and an ArgMax; see `students.contract.Student.to_onnx`.

        Thresholds are compared in float32, as in memory. The label is the class with the largest
        leaf weight, which `probabilities` guarantees.
        """
        from onnx import helper

        trees = TreeArrays(
            root=np.zeros(1, np.int64),
            feature=self.feature,
            threshold=self.threshold,
            missing_left=self.missing_left,
            left=self.left,
            right=self.right,
            values=self.probabilities[self.is_leaf()],
        )
        label = helper.make_node(
            "ArgMax", [probabilities], [index], name="student_label", axis=1, keepdims=0
        )
        return [tree_ensemble(trees, rows, probabilities, "student_tree"), label], []

    def describe(self, features: Sequence[Feature], classes: Sequence[str]) -> str:
        """The tree as indented rules, each leaf with its class and that class's probability."""

        def leaf(v: int) -> str:
            label = int(self.label[v])
            return f"{classes[label]} ({self.probabilities[v, label]:.2f})"

        return "\n".join(self._lines(features, leaf))

    def to_text(self, features: Sequence[Feature], classes: Sequence[str], name: str) -> str:
        """The tree as indented rules, each leaf with its class and its class probabilities."""
        size = self.size()

        def leaf(v: int) -> str:
            return leaf_text(int(self.label[v]), self.probabilities[v], classes)

        lines = [
            f"{name}: a tree with {size['leaves']} leaves, tree depth {size['tree_depth']}.",
            "Each leaf: the predicted class (in parentheses: mean teacher probability by class).",
            "",
            *self._lines(features, leaf),
        ]
        return "\n".join(lines)

    def _lines(self, features: Sequence[Feature], leaf: Callable[[int], str]) -> list[str]:
        """The tree as indented lines, `leaf` giving the words for a leaf."""
        if self.feature[0] == LEAF:
            return [f"always: {leaf(0)}"]
        lines: list[str] = []
        sides = self.side_texts(features)

        def visit(v: int, indent: str) -> None:
            children = int(self.left[v]), int(self.right[v])
            for child, condition in zip(children, sides[v], strict=True):
                if self.feature[child] == LEAF:
                    lines.append(f"{indent}{condition}: {leaf(child)}")
                else:
                    lines.append(f"{indent}{condition}:")
                    visit(child, indent + "|  ")

        visit(0, "")
        return [*lines, *unseen_note(lines)]

    def side_texts(self, features: Sequence[Feature]) -> dict[int, tuple[str, str]]:
        """The conditions for the left and the right side of each split."""
        reach = reaches(self.feature, self.threshold, self.missing_left, self.left)
        return {
            v: conditions(*self.split(v), features[int(self.feature[v])], reach[v])
            for v in self.splits().tolist()
        }

    def split(self, v: int) -> tuple[float, bool]:
        """The threshold of split `v`, and whether missing values go left there."""
        return float(self.threshold[v]), bool(self.missing_left[v])

    def to_json(self, features: Sequence[Feature], classes: Sequence[int | str]) -> dict[str, Any]:
        """The tree as nested nodes, under "tree".

        A split has `feature` (its place in `features`), what `goes_left`, and the nodes `left`
        and `right`; a leaf has `predicted` and `probabilities`.
        """

        def node(v: int) -> dict[str, Any]:
            if self.feature[v] == LEAF:
                label, probabilities = classes[self.label[v]], self.probabilities[v].tolist()
                return {"predicted": label, "probabilities": probabilities}
            j = int(self.feature[v])
            return {
                "feature": j,
                "goes_left": goes_left(*self.split(v), features[j]),
                "left": node(int(self.left[v])),
                "right": node(int(self.right[v])),
            }

        return {"tree": node(0)}

    def program(self, features: Sequence[Feature]) -> Program:
        """One tree, whose leaves are the rows of the table; see `students.program`."""
        table = self.probabilities[self.is_leaf()].astype(np.float64)
        tree = node_of(self, 0, [each.categories for each in features])
        return Program(begin=np.zeros(table.shape[1]), trees=(tree,), table=table, softmax=False)

    def margins(self, rows: Floats, units: Doubles) -> Doubles:
        """The exact margin of each row; see `students.contract.OptionalStudent.margins`."""
        boxes = leaf_boxes(
            self.feature, self.threshold, self.missing_left, self.left, self.right, rows.shape[1]
        )
        return tree_margins(rows, self.predict(rows), boxes, self.label[boxes.node], units)

    def groups(self, rows: Floats) -> Indices:
        """The leaf of each row, int64 (n,)."""
        return self.leaves_of(rows).astype(np.int64)

    def group_text(self, group: int, features: Sequence[Feature]) -> str:
        """The conditions on a row that reaches the leaf `group`."""
        return path_text(self.path_to(group), features)

    def path_to(self, node: int) -> list[Branch]:
        """The branches from `node` up to the root."""
        parent = np.zeros(len(self.feature), np.int64)
        splits = self.splits()
        parent[self.left[splits]] = parent[self.right[splits]] = splits
        path = []
        while node != 0:
            v = int(parent[node])
            left = int(self.left[v]) == node
            path.append(Branch(int(self.feature[v]), *self.split(v), left))
            node = v
        return path


def levels_of(feature: Int32s, left: Int32s) -> list[tuple[int, int]]:
    """The levels of a tree or a draft, from its `feature` and `left`; see `Tree.levels`."""
    found = [(0, 1)]
    while True:
        begin, end = found[-1]
        below = left[begin:end][feature[begin:end] != LEAF]
        if len(below) == 0:
            return found
        found.append((int(below[0]), int(below[-1]) + 2))


def compact(tree: Tree, keep: Int32s) -> tuple[Tree, Indices]:
    """The same tree with each node v replaced by `keep[v]`, without unreachable nodes.

    `keep` is int32 (m,): the node that replaces v, v itself if nothing changes.
    Nodes are renumbered breadth first; also returns the old number of each node.
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


def read_tree(graph: GraphProto) -> Tree:
    """Read back the tree in the graph that `Tree.to_onnx` wrote.

    Raises ValueError, KeyError or IndexError if the graph is not as written.
    """
    trees = read_tree_ensemble(graph)
    if len(trees.root) != 1:
        raise ValueError("more than one tree")
    m, c = len(trees.feature), trees.values.shape[1]
    probabilities = np.full((m, c), 1 / c, np.float32)
    probabilities[trees.feature == LEAF] = trees.values
    return Tree(
        feature=trees.feature.astype(np.int32),
        threshold=trees.threshold,
        missing_left=trees.missing_left,
        left=trees.left.astype(np.int32),
        right=trees.right.astype(np.int32),
        label=probabilities.argmax(axis=1),
        probabilities=probabilities,
    )
