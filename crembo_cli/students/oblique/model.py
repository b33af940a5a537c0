"""The oblique tree: an ordinary tree over the cells and some weighted sums of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from crembo_cli.students.contract import Feature, Floats, Indices
from crembo_cli.students.graph import StudentGraph
from crembo_cli.students.nodes import Nodes
from crembo_cli.students.oblique.directions import Direction, Directions, read_directions
from crembo_cli.students.tree.model import Tree
from crembo_cli.students.tree.read import read_tree
from crembo_cli.students.tree.text import tree_text

if TYPE_CHECKING:
    from onnx import GraphProto, NodeProto, TensorProto


@dataclass(frozen=True, kw_only=True, eq=False)
class ObliqueTree:
    """A tree whose splits ask for a cell or for a weighted sum of cells."""

    tree: Tree  # its feature p + s is the sum of number s
    directions: Directions
    features: int  # p

    def predict(self, rows: Floats) -> Indices:
        """Class indices, int64 (n,), for float32 rows (n, p)."""
        return self.tree.predict(self.directions.beside(rows))

    def predict_proba(self, rows: Floats) -> Floats:
        """The leaf's probabilities, float32 (n, c), for float32 rows (n, p)."""
        return self.tree.predict_proba(self.directions.beside(rows))

    def size(self) -> dict[str, int]:
        """As a tree's, and for each term of a sum a feature, a weight and a value if missing.

        A slanted split's own two numbers are its sum's offset and its threshold.
        """
        size = self.tree.size()
        terms = int((self.directions.weights != 0).sum())
        return {**size, "parameters": size["parameters"] + 3 * terms}

    def to_onnx(
        self, rows: str, index: str, probabilities: str
    ) -> tuple[list[NodeProto], list[TensorProto]]:
        """The sums, then one tree node; see `students.contract.Student.to_onnx`."""
        nodes = Nodes()
        cells = rows
        if len(self.directions.offset):
            cells = self.directions.add_to(nodes, rows)
        after, constants = self.tree.to_onnx(cells, index, probabilities)
        return nodes.nodes + after, nodes.constants + constants

    def describe(self, features: Sequence[Feature], classes: Sequence[str]) -> str:
        """The tree as indented rules; see `students.contract.Student.describe`."""

        return oblique_text(self, features, classes)


def trimmed(tree: Tree, directions: Directions, features: int) -> ObliqueTree:
    """`tree` over `features` cells and `directions`, of which those that no split asks go."""
    slanted = tree.feature >= features
    used = np.unique(tree.feature[slanted]) - features
    place = np.zeros(len(directions.offset), np.int32)
    place[used] = features + np.arange(len(used), dtype=np.int32)
    feature = tree.feature.copy()
    feature[slanted] = place[tree.feature[slanted] - features]
    return ObliqueTree(
        tree=replace(tree, feature=feature),
        directions=directions.chosen(used.astype(np.int64)),
        features=features,
    )


def read_oblique(graph: GraphProto) -> ObliqueTree:
    """Return the oblique tree in the graph of a student's file.

    The file does not say how many features there are; as the sums come after them and every
    sum is used, the largest feature of a split tells. Raises ValueError, KeyError or IndexError
    if the nodes are not as crembo writes them.
    """
    tree, directions = read_tree(graph), read_directions(StudentGraph(graph))
    features = int(tree.feature.max()) + 1 - len(directions.offset)
    if features < 0:
        raise ValueError(f"expected splits on {len(directions.offset)} sums")
    return ObliqueTree(tree=tree, directions=directions, features=features)


def oblique_text(student: ObliqueTree, features: Sequence[Feature], classes: Sequence[str]) -> str:
    """The rules of `student`, each leaf with its class and that class's mean belief."""
    directions, tree = student.directions, student.tree
    sums = [directions.one(s) for s in range(len(directions.offset))]
    threshold = tree.threshold.copy()
    slanted = tree.feature >= student.features
    threshold[slanted] -= directions.offset[tree.feature[slanted] - student.features]
    written = [Feature(name=sum_text(each, features)) for each in sums]
    lines = [tree_text(replace(tree, threshold=threshold), [*features, *written], classes)]
    if any(features[j].categories for each in sums for j in each.features):
        lines.append("A category counts as its number in the column's list, from 0; unseen: -1.")
    return "\n".join(lines)


def sum_text(direction: Direction, features: Sequence[Feature]) -> str:
    """One weighted sum: "0.31 width - 2 (height, 3.1 if missing)"."""
    terms = []
    for j, weight, fill in zip(direction.features, direction.weights, direction.fills, strict=True):
        feature = features[j]
        name = f"({feature.name}, {fill:.4g} if missing)" if feature.missing else feature.name
        terms.append(f"{'-' if weight < 0 else '+'} {abs(weight):.4g} {name}")
    return " ".join(terms).removeprefix("+ ")
