"""The boosted student: the softmax of the sum of one leaf of each tree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from crembo_cli.arrays import LEAF
from crembo_cli.students.boosted.trees import Trees
from crembo_cli.students.contract import Feature, Floats, Indices
from crembo_cli.students.graph import StudentGraph, read_tree_ensemble
from crembo_cli.students.nodes import OPSETS, Nodes, TreeArrays, tree_ensemble
from crembo_cli.students.program import Program, node_of
from crembo_cli.students.scored.columns import Doubles, blocks
from crembo_cli.students.scored.softmax import add_answers, softmax
from crembo_cli.students.tree.text import conditions, goes_left

if TYPE_CHECKING:
    from onnx import GraphProto, NodeProto, TensorProto

SHOWN_FEATURES = 8  # the features that a description names


@dataclass(frozen=True, kw_only=True, eq=False)
class Boosted:
    """Predicts the class with the highest score.

    Values and start are multiples of one power of two, so small that any sum of them is
    exact in float32 (see `exact_values`): a score does not depend on the order of the trees.
    """

    trees: Trees
    values: Floats  # (leaves, c) by the leaf's number
    begin: Floats  # (c,) the scores before any tree
    kind: ClassVar[str] = "boosted"
    opsets: ClassVar[tuple[int, int]] = OPSETS

    def scores(self, rows: Floats) -> Floats:
        """Return the scores, float32 (n, c), for float32 rows (n, p)."""
        return np.concatenate([self._scores(block) for block in blocks(rows)])

    def _scores(self, rows: Floats) -> Floats:
        scores = np.tile(self.begin, (len(rows), 1))
        for leaf in self.trees.leaves_of(rows).T:
            scores += self.values[leaf]
        return scores

    def predict(self, rows: Floats) -> Indices:
        """Class indices, int64 (n,), for float32 rows (n, p)."""
        predicted: Indices = self.predict_proba(rows).argmax(axis=1)
        return predicted

    def predict_proba(self, rows: Floats) -> Floats:
        """The softmax of the scores, float32 (n, c), for float32 rows (n, p)."""
        return softmax(self.scores(rows).astype(np.float64)).astype(np.float32)

    def size(self) -> dict[str, int]:
        """Sizes of all trees together; two numbers a split, one a class for each leaf."""
        leaves, nodes = len(self.values), len(self.trees.feature)
        return {
            "tree_depth": int(self.trees.depths().max()),
            "leaves": leaves,
            "nodes": nodes,
            "parameters": 2 * (nodes - leaves) + self.values.size + self.begin.size,
        }

    def to_onnx(
        self, rows: str, index: str, probabilities: str
    ) -> tuple[list[NodeProto], list[TensorProto]]:
        """One TreeEnsembleRegressor, then a softmax; see `students.contract.Student.to_onnx`."""
        trees = TreeArrays(**vars(self.trees), values=self.values)
        nodes = Nodes()
        nodes.nodes.append(tree_ensemble(trees, rows, "student_sums", "student_trees"))
        sums = nodes.as_double("student_sums")
        scores = nodes.add("Add", [sums, nodes.double(self.begin)])
        add_answers(nodes, scores, index, probabilities)
        return nodes.nodes, nodes.constants

    def program(self, features: Sequence[Feature]) -> Program:
        """The softmax of the sum of a leaf of each tree; see `students.program`."""
        categories = [each.categories for each in features]
        return Program(
            begin=self.begin.astype(np.float64),
            trees=tuple(node_of(self.trees, int(root), categories) for root in self.trees.root),
            table=self.values.astype(np.float64),
        )

    def describe(self, features: Sequence[Feature], classes: Sequence[str]) -> str:
        """The features by their share of the splits; see `students.contract.Student.describe`."""
        splits = self.trees.feature[~self.trees.is_leaf()]
        share = np.bincount(splits, minlength=len(features)) / max(len(splits), 1)
        most = np.argsort(-share, kind="stable")[:SHOWN_FEATURES]
        named = [f"{features[j].name} {share[j]:.0%}" for j in most if share[j] > 0]
        size = self.size()
        return (
            f"{len(self.trees.root)} trees of {size['leaves']} leaves in all, each leaf with a "
            f"score for each of {len(classes)} classes.\n"
            f"Features by their share of the splits: {', '.join(named) or 'none'}."
        )

    def to_text(self, features: Sequence[Feature], classes: Sequence[str], name: str) -> str:
        """All trees as indented rules; see `students.contract.OptionalStudent.to_text`."""
        lines = [
            f"{name}: {len(self.trees.root)} trees. The class with the highest score is predicted.",
            "Scores start with the first line; each tree adds the scores of the leaf that a row",
            "reaches. Probabilities are the softmax of the scores.",
            f"start: {_scores_text(self.begin, classes)}",
        ]
        for number, root in enumerate(self.trees.root.tolist(), start=1):
            lines += ["", f"tree {number}", *self._tree_lines(root, features, classes)]
        return "\n".join(lines)

    def _tree_lines(
        self, root: int, features: Sequence[Feature], classes: Sequence[str]
    ) -> list[str]:
        trees, number = self.trees, self._leaf_numbers()
        lines: list[str] = []

        def visit(v: int, indent: str, condition: str) -> None:
            if trees.feature[v] == LEAF:
                values = self.values[number[v]]
                lines.append(f"{indent}{condition}: {_scores_text(values, classes)}")
                return
            if condition:
                lines.append(f"{indent}{condition}:")
                indent += "|  "
            threshold, missing_left = float(trees.threshold[v]), bool(trees.missing_left[v])
            sides = conditions(threshold, missing_left, features[int(trees.feature[v])])
            for child, side in zip((trees.left[v], trees.right[v]), sides, strict=True):
                visit(int(child), indent, side)

        visit(root, "", "always" if trees.feature[root] == LEAF else "")
        return lines

    def to_json(self, features: Sequence[Feature], classes: Sequence[int | str]) -> dict[str, Any]:
        """All trees under "boosted", as nested nodes: a tree's, but leaves have `scores` (c,).

        Scores start with `begin` (c,); each tree adds those of a leaf.
        """
        del classes  # the scores are in their order
        trees, number = self.trees, self._leaf_numbers()

        def node(v: int) -> dict[str, Any]:
            if trees.feature[v] == LEAF:
                return {"scores": self.values[number[v]].tolist()}
            j = int(trees.feature[v])
            return {
                "feature": j,
                "goes_left": goes_left(
                    float(trees.threshold[v]), bool(trees.missing_left[v]), features[j]
                ),
                "left": node(int(trees.left[v])),
                "right": node(int(trees.right[v])),
            }

        nested = [node(root) for root in trees.root.tolist()]
        return {"boosted": {"begin": self.begin.tolist(), "trees": nested}}

    def _leaf_numbers(self) -> Indices:
        """The place of each leaf among `values`, by its node: int64 (m,)."""
        return np.cumsum(self.trees.is_leaf()) - 1


def _scores_text(scores: Floats, classes: Sequence[str]) -> str:
    return ", ".join(f"{name} {score:+.6g}" for name, score in zip(classes, scores, strict=True))


def read_boosted(graph: GraphProto) -> Boosted:
    """Return the trees in the graph of a student's file.

    Raises ValueError, KeyError or IndexError if the nodes are not as crembo writes them.
    """
    found = read_tree_ensemble(graph)
    arrays = {each.name: getattr(found, each.name) for each in fields(Trees)}
    own = StudentGraph(graph)
    return Boosted(trees=Trees(**arrays), values=found.values, begin=own.value(own.only("Add")))


def exact_values(trees: Trees, values: Doubles, begin: Doubles) -> Boosted:
    """Return the student of `values` (leaves, c) and `begin` (c,), rounded so that sums are exact.

    float32 holds every whole number up to 2^24. In units of 2^-23 of a bound on all partial
    sums (the next power of two above it), every sum is such a number: in whatever order
    onnxruntime adds up the leaves, the score is the same.
    """
    tree = np.searchsorted(trees.root, np.flatnonzero(trees.is_leaf()), side="right") - 1
    largest = np.zeros(len(trees.root))
    np.maximum.at(largest, tree, np.abs(values).max(axis=1))
    bound = largest.sum() + np.abs(begin).max()
    unit = 2.0 ** (np.ceil(np.log2(max(bound, 1e-30))) - 23)
    rounded = [np.round(part / unit) * unit for part in (values, begin)]
    return Boosted(
        trees=trees, values=rounded[0].astype(np.float32), begin=rounded[1].astype(np.float32)
    )
