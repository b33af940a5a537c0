"""Weighted sums of columns: what the families `linear` and `additive` share.

A first fit minimises the soft cross-entropy, which is convex. From there, and in fits from a
given start, the expected reward of a label sampled from the softmax is maximised. On 14 pairs of
small tables and teachers that gained 0.6 to 1.4 points of accuracy, but for two random nets it
lost 0.8 to 2.5. So a first fit keeps the result only if it is better on the validation rows. Where
a class is rare the reward alone leads to a constant: the result must keep what the first fit
knows about probabilities.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from crembo_cli.core.margins import linear_margins
from crembo_cli.students.contract import Feature, Floats, Student, Task
from crembo_cli.students.graph import StudentGraph
from crembo_cli.students.nodes import Nodes
from crembo_cli.students.program import Layer, Program
from crembo_cli.students.scored.columns import Columns, Doubles, read_columns
from crembo_cli.students.scored.design import WeightSearch
from crembo_cli.students.scored.model import (
    ScoredLearner,
    ScoredStudent,
    fitted_rewards,
    information,
    total_reward,
)
from crembo_cli.students.scored.pairs import find_products
from crembo_cli.students.scored.softmax import as_targets, cross_entropy, lost_reward
from crembo_cli.students.scored.tables import describe_tables, table_rows, tables_json
from crembo_cli.students.scored.text import (
    Sums,
    curves_json,
    curves_text,
    describe_curves,
    describe_weights,
    table,
    weights_json,
    weights_text,
)
from crembo_cli.threads import one_blas_thread

# Shares of a constant's cross-entropy. Where a class is rare, a fit by reward keeps none of what
# the first one knows; on 10 balanced tables it kept .31 or more, and those below .5 gained labels.
KEPT, NOISE = 0.25, 0.002
GAIN = 0.01  # reward per row that makes up for lost probabilities

if TYPE_CHECKING:
    from onnx import GraphProto


@dataclass(frozen=True, kw_only=True, eq=False)
class WeightsStudent(ScoredStudent):
    """Scores that are weighted sums of the columns."""

    weights: Floats  # (D, c) of each column for each class
    bias: Floats  # (c,) the scores if all columns are 0
    spread: Floats | None  # (D,) standard deviations of the columns; None if read from a file
    kind: ClassVar[str] = "weights"

    def weigh(self, columns: Doubles) -> Doubles:
        """See `ScoredStudent.weigh`."""
        scores: Doubles = columns @ self.weights.astype(np.float64) + self.bias
        return scores

    def add_scores(self, nodes: Nodes, columns: str) -> str:
        """See `ScoredStudent.add_scores`."""
        sums = nodes.add("MatMul", [columns, nodes.double(self.weights)])
        return nodes.add("Add", [sums, nodes.double(self.bias)])

    def sharpen(self, factor: float) -> WeightsStudent:
        """See `ScoredStudent.sharpen`."""
        size = np.float32(factor)
        return replace(self, weights=self.weights * size, bias=self.bias * size)

    def program(self, features: Sequence[Feature]) -> Program:
        """One layer on the columns; see `students.program`."""
        del features
        return self.columns.program((Layer.of(self.weights, self.bias),))

    def size(self) -> dict[str, int]:
        """Parameters: all numbers that are exported."""
        return {"parameters": self.columns.numbers() + self.weights.size + self.bias.size}

    def describe(self, features: Sequence[Feature], classes: Sequence[str]) -> str:
        """The strongest weights or curves; see `students.contract.Student.describe`."""
        if self.columns.ramps is None:
            return describe_weights(self.sums(), self.spread, features, classes)
        curves = describe_curves(self.sums(), features, classes)
        return "\n".join([curves, *describe_tables(self.sums(), features, classes)])

    def to_text(self, features: Sequence[Feature], classes: Sequence[str], name: str) -> str:
        """All weights or curves as a table; see `students.contract.OptionalStudent.to_text`."""
        if self.columns.ramps is None:
            return weights_text(self.sums(), features, classes, name)
        curves = curves_text(self.sums(), features, classes, name)
        pairs = list(table_rows(self.sums(), features))
        if not pairs:
            return curves
        heading = ["feature", "value", "feature", "value", *classes]
        return "\n".join([curves, "", *table([heading, *pairs])])

    def to_json(self, features: Sequence[Feature], classes: Sequence[int | str]) -> dict[str, Any]:
        """All weights under "linear", or all curves under "additive"."""
        if self.columns.ramps is None:
            return {"linear": weights_json(self.sums())}
        return {"additive": curves_json(self.sums()) | {"pairs": tables_json(self.sums())}}

    def margins(self, rows: Floats, units: Doubles) -> Doubles | None:
        """The exact margins of sums of the features themselves; None for curves.

        See `students.contract.OptionalStudent.margins`.
        """
        if self.columns.ramps is not None:
            return None
        # In float64: near the limits of float32 a score would be infinite, and a margin NaN.
        scores = np.concatenate(list(self._scores(rows)))
        weights = self.weights[: rows.shape[1]].astype(np.float64)
        cells = np.where(self.columns.unknown(rows), np.nan, rows.astype(np.float64))
        return linear_margins(scores, weights, units, cells, self.columns.limits)

    def sums(self) -> Sums:
        """The weighted sums alone."""
        return Sums(columns=self.columns, weights=self.weights, bias=self.bias)


def read_weights(graph: GraphProto) -> WeightsStudent:
    """Return the weighted sums in the graph of a student's file.

    The spread of the columns is not in the file. Raises ValueError, KeyError or
    IndexError if the nodes are not as crembo writes them.
    """
    own = StudentGraph(graph)
    columns, weights = read_columns(own), own.value(own.only("MatMul"))
    if len(weights) != columns.width():
        raise ValueError(f"expected {columns.width()} weights a class, got {len(weights)}")
    return WeightsStudent(
        columns=columns,
        weights=weights,
        bias=own.value(own.only("Add")),
        spread=None,
    )


class WeightsLearner(ScoredLearner[WeightsStudent]):
    """Fits weights for one task."""

    @one_blas_thread()
    def __init__(self, task: Task, learn: Callable[[Floats], Columns], *, ridge: float) -> None:
        super().__init__(WeightsStudent, task, learn)
        self.search = WeightSearch(self.design, ridge)

    @one_blas_thread()
    def fit(self, rewards: Floats, start: Student | None = None) -> WeightsStudent:
        """See `students.contract.Learner.fit`; from `start` the sum of rewards never falls."""
        rewards = fitted_rewards(self.task, rewards)
        goals = rewards[self.chosen]
        if start is not None:
            first, scored_on = self.own(start), (self.task.rows, rewards)
            begin = self._place(first)
        else:
            begin = self._nearest(as_targets(goals))
            first = self._student(*begin)
            validation = self.task.validation_rows, self.task.validation_beliefs
            scored_on = validation if len(validation[0]) else (self.task.rows, rewards)
        improved = self._student(*self.search.run(*begin, lost_reward, goals))
        earned = [total_reward(student, *scored_on) for student in (first, improved)]
        worth = earned[1] - earned[0]
        if start is None and worth < GAIN * len(scored_on[0]) and self._forgets(improved, first):
            return first
        return improved if worth > 0 else first

    def _forgets(self, improved: WeightsStudent, first: WeightsStudent) -> bool:
        """Return whether `improved` lost most of what `first` knows about probabilities."""
        rows, beliefs = self.task.validation_rows, self.task.validation_beliefs
        if not len(rows):
            rows, beliefs = self.task.rows[self.chosen], self.task.beliefs[self.chosen]
        least = KEPT * information(first, rows, beliefs) - NOISE
        return information(improved, rows, beliefs) < least

    @one_blas_thread()
    def find_pairs(self, pairs: int) -> Columns:
        """Return the columns with products of the `pairs` pairs of features that matter most."""
        rows, beliefs = self.task.rows[self.chosen], self.task.beliefs[self.chosen]
        weights, bias = self._nearest(beliefs)
        shares = self._student(weights, bias).predict_proba(rows)
        found = find_products(self.columns, weights, rows, shares, beliefs, pairs=pairs)
        return replace(self.columns, products=found)

    def _nearest(self, targets: Floats) -> tuple[Doubles, Doubles]:
        """Fit weights on the design, by cross-entropy with `targets` (c columns)."""
        c = targets.shape[1]
        zero = np.zeros((self.design.matrix.shape[1], c)), np.zeros(c)
        return self.search.run(*zero, cross_entropy, targets)

    def _place(self, start: WeightsStudent) -> tuple[Doubles, Doubles]:
        """The weights of `start` on the design; if it has other columns, weights fitted to it."""
        if start.columns is self.columns:
            return self.design.from_plain(start.weights, start.bias)
        return self._nearest(start.predict_proba(self.task.rows[self.chosen]))

    def _student(self, weights: Doubles, bias: Doubles) -> WeightsStudent:
        plain, shift = self.design.to_plain(weights, bias)
        return WeightsStudent(
            columns=self.columns,
            weights=plain,
            bias=shift,
            spread=self.design.spread,
        )
