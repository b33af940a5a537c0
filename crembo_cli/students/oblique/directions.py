"""Weighted sums of a few cells, equal to the last bit in memory and in ONNX."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from crembo_cli.students.contract import Floats, Indices
from crembo_cli.students.graph import StudentGraph
from crembo_cli.students.nodes import Nodes


@dataclass(frozen=True, kw_only=True, eq=False)
class Direction:
    """One weighted sum of k cells."""

    features: Indices  # (k,) columns of the rows
    weights: Floats  # (k,)
    fills: Floats  # (k,) the value of a missing cell
    offset: np.float32  # added, so that sums lie around 0, where float32 is most precise


@dataclass(frozen=True, kw_only=True, eq=False)
class Directions:
    """S weighted sums of at most k cells each; a sum of fewer has weights of 0."""

    features: Indices  # (k, S)
    weights: Floats  # (k, S)
    fills: Floats  # (k, S)
    offset: Floats  # (S,)

    def of(self, rows: Floats) -> Floats:
        """Return the sums, float32 (n, S), infinite on overflow; for float32 rows (n, p).

        Terms are added in float64 one after the other, as the nodes of `add_to` add them.
        """
        sums = np.tile(self.offset.astype(np.float64), (len(rows), 1))
        for features, weights, fills in zip(
            self.features, self.weights.astype(np.float64), self.fills, strict=True
        ):
            cells = rows[:, features]
            sums += np.where(np.isnan(cells), fills, cells) * weights
        with np.errstate(over="ignore"):
            return sums.astype(np.float32)

    def beside(self, rows: Floats) -> Floats:
        """Return the rows (n, p) with the sums as further columns: float32 (n, p + S)."""
        return np.concatenate([rows, self.of(rows)], axis=1)

    def add_to(self, nodes: Nodes, rows: str) -> str:
        """Add the nodes that compute `beside`; return the name of the tensor that they write."""
        from onnx import TensorProto, helper

        k = len(self.features)
        cells = nodes.add("Gather", [rows, nodes.constant(self.features.ravel())], axis=1)
        absent = nodes.add("IsNaN", [cells])
        cells = nodes.finite(cells)  # the difference of two infinite terms would be none
        fills = nodes.constant(self.fills.ravel())
        known = nodes.as_double(nodes.add("Where", [absent, fills, cells]))
        terms = nodes.add("Mul", [known, nodes.double(self.weights.ravel())])
        each = [f"student_term_{j}" for j in range(k)]
        nodes.nodes.append(helper.make_node("Split", [terms], each, "student_terms", axis=1))
        sums = nodes.add("Sum", [nodes.double(self.offset), *each])
        rounded = nodes.add("Cast", [sums], to=TensorProto.FLOAT)
        return nodes.add("Concat", [rows, rounded], axis=1)

    def select(self, which: Indices) -> Directions:
        """Return the sums numbered `which`, in that order."""
        return Directions(
            features=self.features[:, which],
            weights=self.weights[:, which],
            fills=self.fills[:, which],
            offset=self.offset[which],
        )

    def one(self, s: int) -> Direction:
        """Return sum number s."""
        used = self.weights[:, s] != 0
        return Direction(
            features=self.features[used, s],
            weights=self.weights[used, s],
            fills=self.fills[used, s],
            offset=self.offset[s],
        )


def read_directions(graph: StudentGraph) -> Directions:
    """Return the sums that `Directions.add_to` wrote into a student's graph; none without nodes."""
    if not graph.all("Sum"):
        return stack([])
    offset = graph.value(graph.only("Sum"), 0)
    shape = -1, len(offset)
    return Directions(
        features=graph.value(graph.only("Gather")).reshape(shape),
        weights=graph.value(graph.only("Mul")).reshape(shape),
        fills=graph.value(graph.only("Where")).reshape(shape),
        offset=offset,
    )


def stack(directions: Sequence[Direction]) -> Directions:
    """Combine single sums."""
    shape = max((len(each.weights) for each in directions), default=0), len(directions)
    features = np.zeros(shape, np.int64)
    weights, fills = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    for s, each in enumerate(directions):
        k = len(each.weights)
        features[:k, s], weights[:k, s], fills[:k, s] = each.features, each.weights, each.fills
    offset = np.array([each.offset for each in directions], np.float32)
    return Directions(features=features, weights=weights, fills=fills, offset=offset)
