"""Students that weigh columns, one weight a column and class: what `linear` and `additive` share.

A first fit minimises the soft cross-entropy, which is convex. From there, and in fits from a
given start, the rewards themselves are climbed, as the share of them that a label drawn by the
softmax earns. On 14 pairs of small tables and teachers that gave +0.6 to +1.5 points of
accuracy; where a teacher is far from any weighted sum it can lose as much, so a first fit keeps
what it won only where the held rows say so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from crembo_cli.students.columns import Columns, Doubles, blocks
from crembo_cli.students.contract import Feature, Floats, Indices, Student, Task
from crembo_cli.students.design import Design, WeightSearch
from crembo_cli.students.nodes import Nodes
from crembo_cli.students.softmax import (
    add_answers,
    as_targets,
    best_sharpness,
    cross_entropy,
    lost_reward,
    softmax,
)

if TYPE_CHECKING:
    from onnx import NodeProto, TensorProto

Describe: TypeAlias = Callable[["WeightsStudent", Sequence[Feature], Sequence[str]], str]
FITTED_ROWS = 50_000  # rows that a fit looks at; drawn by the seed where there are more


@dataclass(frozen=True, kw_only=True, eq=False)
class WeightsStudent:
    """Says the class with the largest weighted sum of the columns."""

    columns: Columns
    weights: Floats  # (D, c) of each column for each class
    bias: Floats  # (c,) the scores where all columns are 0
    spread: Floats  # (D,) standard deviations of the columns over the fitted rows
    text: Describe  # how the family puts it into words

    def predict(self, rows: Floats) -> Indices:
        """Class indices, int64 (n,), for float32 rows (n, p)."""
        said: Indices = self.predict_proba(rows).argmax(axis=1)
        return said

    def predict_proba(self, rows: Floats) -> Floats:
        """The softmax of the scores, float32 (n, c), for float32 rows (n, p)."""
        return np.concatenate([softmax(part) for part in self._scores(rows)]).astype(np.float32)

    def scores(self, rows: Floats) -> Floats:
        """The weighted sums, float32 (n, c), for float32 rows (n, p)."""
        return np.concatenate([part.astype(np.float32) for part in self._scores(rows)])

    def _scores(self, rows: Floats) -> Iterator[Doubles]:
        weights = self.weights.astype(np.float64)
        return (self.columns.of(block) @ weights + self.bias for block in blocks(rows))

    def size(self) -> dict[str, int]:
        """Parameters: all numbers that are exported."""
        return {"parameters": self.columns.numbers() + self.weights.size + self.bias.size}

    def to_onnx(
        self, rows: str, index: str, probabilities: str
    ) -> tuple[list[NodeProto], list[TensorProto]]:
        """The columns, then MatMul and Softmax; see `students.contract.Student.to_onnx`."""
        nodes = Nodes()
        columns = self.columns.add_to(nodes, rows)
        sums = nodes.add("MatMul", [columns, nodes.double(self.weights)])
        scores = nodes.add("Add", [sums, nodes.double(self.bias)])
        add_answers(nodes, scores, index, probabilities)
        return nodes.nodes, nodes.constants

    def describe(self, features: Sequence[Feature], classes: Sequence[str]) -> str:
        """The weights for a reader; see `students.contract.Student.describe`."""
        return self.text(self, features, classes)


class WeightsLearner:
    """Fits weights for one task; the matrix of its columns serves all fits.

    A fit looks at `FITTED_ROWS` rows at most: so few weights are well determined by them. What
    a student earns is counted on all rows.
    """

    def __init__(
        self, task: Task, learn: Callable[[Floats], Columns], *, ridge: float, text: Describe
    ) -> None:
        self.task, self.text = task, text
        n = len(task.rows)
        self.chosen: Indices = np.arange(n)
        if n > FITTED_ROWS:
            rng = np.random.default_rng(task.seed)
            self.chosen = np.sort(rng.choice(n, FITTED_ROWS, replace=False))
        rows = task.rows[self.chosen]
        self.columns = learn(rows)
        self.design = Design(self.columns, rows)
        self.search = WeightSearch(self.design, ridge)

    def fit(self, rewards: Floats, start: Student | None = None) -> WeightsStudent:
        """See `students.contract.Learner.fit`; from `start` the sum of rewards never falls."""
        goals = rewards[self.chosen]
        if start is not None:
            first, judged_by = _own(start), (self.task.rows, rewards)
            begin = self._place(first)
        else:
            begin = self._nearest(as_targets(goals))
            first = self._student(*begin)
            held = self.task.held_rows, self.task.held_beliefs
            judged_by = held if len(held[0]) else (self.task.rows, rewards)
        climbed = self._student(*self.search.run(*begin, lost_reward, goals))
        return max(first, climbed, key=lambda student: _earned(student, *judged_by))

    def finish(self, student: Student) -> WeightsStudent:
        """`student` with all its scores multiplied so that its softmax is nearest the beliefs.

        Raises TypeError for a student of another family.
        """
        chosen = _own(student)
        scores = chosen.scores(self.task.rows[self.chosen])
        sharpness = best_sharpness(scores, self.task.beliefs[self.chosen])
        return replace(
            chosen,
            weights=(chosen.weights * sharpness).astype(np.float32),
            bias=(chosen.bias * sharpness).astype(np.float32),
        )

    def _nearest(self, targets: Floats) -> tuple[Doubles, Doubles]:
        """The weights, on the design, of least cross-entropy from `targets` (chosen rows, c)."""
        c = targets.shape[1]
        zero = np.zeros((self.design.matrix.shape[1], c)), np.zeros(c)
        return self.search.run(*zero, cross_entropy, targets)

    def _place(self, start: WeightsStudent) -> tuple[Doubles, Doubles]:
        """The weights of `start` on the design; the nearest ones where it has other columns."""
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
            text=self.text,
        )


def _own(student: Student) -> WeightsStudent:
    if not isinstance(student, WeightsStudent):
        raise TypeError(f"a learner of weights has no use for a {type(student).__name__}")
    return student


def _earned(student: WeightsStudent, rows: Floats, rewards: Floats) -> float:
    said = student.predict(rows)
    return float(rewards[np.arange(len(said)), said].sum(dtype=np.float64))
