"""The boosted student: the sum of one leaf of each tree, and a softmax."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from crembo_cli.students.boosted.trees import Trees
from crembo_cli.students.contract import Feature, Floats, Indices
from crembo_cli.students.nodes import Nodes, TreeArrays, tree_ensemble
from crembo_cli.students.scored.columns import Doubles, blocks
from crembo_cli.students.scored.softmax import add_answers, softmax

if TYPE_CHECKING:
    from onnx import NodeProto, TensorProto

SHOWN = 8  # the features that a description names


@dataclass(frozen=True, kw_only=True, eq=False)
class Boosted:
    """Says the class with the largest score.

    Values and beginning are multiples of one power of two, so small that any sum of them is
    exact in float32 (see `exact_values`): a score does not depend on the order of the trees.
    """

    trees: Trees
    values: Floats  # (leaves, c) by the leaf's number
    begin: Floats  # (c,) the scores before any tree

    def scores(self, rows: Floats) -> Floats:
        """The scores, float32 (n, c), for float32 rows (n, p)."""
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
        trees = TreeArrays(**vars(self.trees), values=self.values, begin=self.begin)
        nodes = Nodes()
        nodes.nodes.append(tree_ensemble(trees, rows, "student_scores", "student_trees"))
        add_answers(nodes, nodes.as_double("student_scores"), index, probabilities)
        return nodes.nodes, nodes.constants

    def describe(self, features: Sequence[Feature], classes: Sequence[str]) -> str:
        """What the trees ask; see `students.contract.Student.describe`."""
        asked = self.trees.feature[~self.trees.is_leaf()]
        share = np.bincount(asked, minlength=len(features)) / max(len(asked), 1)
        most = np.argsort(-share, kind="stable")[:SHOWN]
        named = [f"{features[j].name} {share[j]:.0%}" for j in most if share[j] > 0]
        size = self.size()
        return (
            f"{len(self.trees.root)} trees of {size['leaves']} leaves in all, each leaf with a "
            f"score for each of {len(classes)} classes.\n"
            f"Features by their share of the splits: {', '.join(named) or 'none'}."
        )


def exact_values(trees: Trees, values: Doubles, begin: Doubles) -> Boosted:
    """The student of `values` (leaves, c) and `begin` (c,), rounded so that sums are exact.

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
