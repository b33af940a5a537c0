"""The oblique tree: an ordinary tree over the cells and some weighted sums of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from crembo_cli.arrays import Doubles
from crembo_cli.students.contract import Feature, Floats, Indices
from crembo_cli.students.graph import StudentGraph
from crembo_cli.students.nodes import OPSETS, Nodes
from crembo_cli.students.oblique.directions import Direction, Directions, read_directions
from crembo_cli.students.program import Program, Sum, Term
from crembo_cli.students.tree.model import Tree, read_tree

if TYPE_CHECKING:
    from onnx import GraphProto, NodeProto, TensorProto


@dataclass(frozen=True, kw_only=True, eq=False)
class ObliqueTree:
    """A tree whose splits test a cell or a weighted sum of cells."""

    tree: Tree  # its feature p + s is sum number s
    directions: Directions
    features: int  # p
    kind: ClassVar[str] = "oblique"
    opsets: ClassVar[tuple[int, int]] = OPSETS

    def predict(self, rows: Floats) -> Indices:
        """Class indices, int64 (n,), for float32 rows (n, p)."""
        return self.tree.predict(self.directions.beside(rows))

    def predict_proba(self, rows: Floats) -> Floats:
        """The leaf's probabilities, float32 (n, c), for float32 rows (n, p)."""
        return self.tree.predict_proba(self.directions.beside(rows))

    def decided_by(self, utilities: Doubles) -> ObliqueTree:
        """As `Tree.decided_by`."""
        return replace(self, tree=self.tree.decided_by(utilities))

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

    def program(self, features: Sequence[Feature]) -> Program:
        """The sums and the tree over them; see `students.program`."""
        directions = (self.directions.one(s) for s in range(len(self.directions.offset)))
        sums = tuple(
            Sum(
                offset=float(each.offset),
                terms=tuple(
                    Term(feature=int(j), weight=float(weight), fill=float(fill))
                    for j, weight, fill in zip(each.features, each.weights, each.fills, strict=True)
                ),
            )
            for each in directions
        )
        return replace(self.tree.program(features), sums=sums)

    def describe(self, features: Sequence[Feature], classes: Sequence[str]) -> str:
        """The tree as indented rules, its sums written out."""
        tree = self._with_plain_thresholds()
        return tree.describe(self._named(features), classes) + self._codes_note(features)

    def to_text(self, features: Sequence[Feature], classes: Sequence[str], name: str) -> str:
        """The tree with all class probabilities; see `students.contract.OptionalStudent`."""
        tree = self._with_plain_thresholds()
        return tree.to_text(self._named(features), classes, name) + self._codes_note(features)

    def to_json(self, features: Sequence[Feature], classes: Sequence[int | str]) -> dict[str, Any]:
        """The sums and the tree, under "oblique".

        A sum has an `offset` and terms: a feature's number, NaN replaced by `missing`, times
        `weight`. A feature of the tree with the number p + s is sum s, for p features.
        """
        sums = [self.directions.one(s) for s in range(len(self.directions.offset))]
        return {
            "oblique": {
                "sums": [
                    {
                        "offset": float(each.offset),
                        "terms": [
                            {"feature": j, "weight": weight, "missing": fill}
                            for j, weight, fill in zip(
                                each.features.tolist(),
                                each.weights.tolist(),
                                each.fills.tolist(),
                                strict=True,
                            )
                        ],
                    }
                    for each in sums
                ],
                **self.tree.to_json(self._named(features), classes),
            }
        }

    def _with_plain_thresholds(self) -> Tree:
        """The tree, the offsets of its sums taken off the thresholds."""
        threshold = self.tree.threshold.copy()
        slanted = self.tree.feature >= self.features
        threshold[slanted] -= self.directions.offset[self.tree.feature[slanted] - self.features]
        return replace(self.tree, threshold=threshold)

    def _named(self, features: Sequence[Feature]) -> list[Feature]:
        """The features and, after them, the sums."""
        sums = [self.directions.one(s) for s in range(len(self.directions.offset))]
        return [*features, *(Feature(name=sum_text(each, features)) for each in sums)]

    def _codes_note(self, features: Sequence[Feature]) -> str:
        weighed = self.directions.features[self.directions.weights != 0]
        if any(features[j].categories for j in weighed):
            return "\nA category counts as its number in the column's list, from 0; unseen: -1."
        return ""


def drop_unused(tree: Tree, directions: Directions, features: int) -> ObliqueTree:
    """Return `tree` over `features` cells and the `directions` that some split tests."""
    slanted = tree.feature >= features
    used = np.unique(tree.feature[slanted]) - features
    place = np.zeros(len(directions.offset), np.int32)
    place[used] = features + np.arange(len(used), dtype=np.int32)
    feature = tree.feature.copy()
    feature[slanted] = place[tree.feature[slanted] - features]
    return ObliqueTree(
        tree=replace(tree, feature=feature),
        directions=directions.select(used.astype(np.int64)),
        features=features,
    )


def read_oblique(graph: GraphProto) -> ObliqueTree:
    """Return the oblique tree in the graph of a student's file.

    The file does not say how many features there are; as the sums come after them and every
    sum is used, the largest feature of a split identifies it. Raises ValueError, KeyError or
    IndexError if the nodes are not as crembo writes them.
    """
    tree, directions = read_tree(graph), read_directions(StudentGraph(graph))
    features = int(tree.feature.max()) + 1 - len(directions.offset)
    if features < 0:
        raise ValueError(f"expected splits on {len(directions.offset)} sums")
    return ObliqueTree(tree=tree, directions=directions, features=features)


def sum_text(direction: Direction, features: Sequence[Feature]) -> str:
    """One weighted sum: "0.31 width - 2 (height, 3.1 if missing)"."""
    terms = []
    for j, weight, fill in zip(direction.features, direction.weights, direction.fills, strict=True):
        feature = features[j]
        name = f"({feature.name}, {fill:.4g} if missing)" if feature.missing else feature.name
        terms.append(f"{'-' if weight < 0 else '+'} {abs(weight):.4g} {name}")
    return " ".join(terms).removeprefix("+ ")
