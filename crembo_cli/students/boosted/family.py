"""The family `boosted`: small trees on the soft labels, their leaves refitted together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from crembo_cli.students.boosted.grow import grow, refit
from crembo_cli.students.boosted.model import Boosted, exact_values, read_boosted
from crembo_cli.students.contract import Floats, Student, Task
from crembo_cli.students.scored.model import FITTED_ROWS, fitted_rewards, total_reward
from crembo_cli.students.scored.softmax import (
    as_targets,
    best_sharpness,
    cross_entropy,
    lost_reward,
)
from crembo_cli.threads import one_blas_thread

if TYPE_CHECKING:
    from onnx import GraphProto


@dataclass(frozen=True, kw_only=True)
class BoostedFamily:
    """Many small trees; each adds to the score of every class."""

    name: ClassVar[str] = "boosted"
    summary: ClassVar[str] = "small trees that add up; near the teacher where trees suit the table"
    thresholds: ClassVar[int | None] = 4
    grid: ClassVar[tuple[Mapping[str, int], ...]] = ({"trees": 10}, {"trees": 40})

    trees: int = field(
        default=40, metadata={"help": "Number of trees.", "minimum": 1, "maximum": 1000}
    )
    max_depth: int = field(
        default=3,
        metadata={"help": "Maximum depth of each tree.", "minimum": 1, "maximum": 8},
    )
    rate: float = field(
        default=0.3,
        metadata={
            "help": "Learning rate.",
            "minimum": 0.01,
            "maximum": 1.0,
        },
    )
    ridge: float = field(
        default=1e-4,
        metadata={
            "help": "L2 regularisation of leaf values.",
            "minimum": 0.0,
            "maximum": 1000.0,
        },
    )

    def learner(self, task: Task) -> BoostedLearner:
        """Choose the rows of `task` that all fits use."""
        return BoostedLearner(self, task)

    @staticmethod
    def read(graph: GraphProto) -> Boosted:
        """Return the trees in the graph of a student's file; see `students.boosted.model`."""
        return read_boosted(graph)


class BoostedLearner:
    """Fits boosted trees for one task."""

    def __init__(self, family: BoostedFamily, task: Task) -> None:
        self.family = family
        self.task = task
        n = len(task.rows)
        self.chosen = np.arange(n)
        if n > FITTED_ROWS:
            rng = np.random.default_rng(task.seed)
            self.chosen = np.sort(rng.choice(n, FITTED_ROWS, replace=False))
        self.rows = task.rows[self.chosen]

    @one_blas_thread()
    def fit(self, rewards: Floats, start: Student | None = None) -> Boosted:
        """See `students.contract.Learner.fit`; from `start` the sum of rewards never falls.

        From a start the splits stay, and the leaf values are refitted to the expected reward of
        a label sampled from the softmax.
        """
        rewards = fitted_rewards(self.task, rewards)
        family, goals = self.family, rewards[self.chosen]
        if start is None:
            goals = as_targets(goals)
            trees, values, begin = grow(
                self.rows,
                goals,
                count=family.trees,
                max_depth=family.max_depth,
                rate=family.rate,
                seed=self.task.seed,
                threads=self.task.threads,
            )
            leaf = trees.leaves_of(self.rows)
            values = refit(leaf, values, begin, cross_entropy, goals, family.ridge)
            return exact_values(trees, values, begin)
        first = _own(start)
        values, begin = first.values.astype(np.float64), first.begin.astype(np.float64)
        leaf = first.trees.leaves_of(self.rows)
        values = refit(leaf, values, begin, lost_reward, goals, family.ridge)
        found = first, exact_values(first.trees, values, begin)
        return max(found, key=lambda student: total_reward(student, self.task.rows, rewards))

    def finish(self, student: Student) -> Boosted:
        """Scale the scores of `student` so that its probabilities are nearest the soft labels.

        Raises TypeError for a student of another family.
        """
        own = _own(student)
        factor = best_sharpness(own.scores(self.rows), self.task.beliefs[self.chosen])
        values, begin = own.values.astype(np.float64), own.begin.astype(np.float64)
        return exact_values(own.trees, values * factor, begin * factor)


def _own(student: Student) -> Boosted:
    if not isinstance(student, Boosted):
        raise TypeError(f"expected a Boosted, got a {type(student).__name__}")
    return student
