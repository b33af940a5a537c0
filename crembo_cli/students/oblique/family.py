"""The family `oblique`: a tree refined by TAO, some of whose splits become weighted sums."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar

from crembo_cli.students.contract import Floats, Student, Task
from crembo_cli.students.oblique.directions import stack
from crembo_cli.students.oblique.draft import Draft
from crembo_cli.students.oblique.model import ObliqueTree, drop_unused, read_oblique
from crembo_cli.students.oblique.refine import TrainingColumns, refine
from crembo_cli.students.scored.columns import learn_columns
from crembo_cli.students.scored.design import Design
from crembo_cli.students.tree.family import (
    INFORMATION,
    INFORMATION_HELP,
    TreeFamily,
    TreeLearner,
    finish_tree,
)
from crembo_cli.students.tree.grow import exact_rewards
from crembo_cli.threads import one_blas_thread

if TYPE_CHECKING:
    from onnx import GraphProto

FIRST_PASSES = 4  # for a tree whose splits test one feature each
NEXT_PASSES = 2  # from a given start


@dataclass(frozen=True, kw_only=True)
class ObliqueFamily:
    """A tree whose splits may compare a weighted sum of features with a threshold."""

    name: ClassVar[str] = "oblique"
    summary: ClassVar[str] = (
        "a tree whose splits may weigh a few features; smaller at the same accuracy"
    )
    thresholds: ClassVar[int | None] = 8
    grid: ClassVar[tuple[Mapping[str, int], ...]] = (
        {"max_depth": 2},
        {"max_depth": 3},
        {"max_depth": 4},
    )

    max_depth: int = field(
        default=4, metadata={"help": "Maximum depth of the tree.", "minimum": 1, "maximum": 8}
    )
    max_features: int = field(
        default=5,
        metadata={"help": "Maximum number of features in a split.", "minimum": 1, "maximum": 50},
    )
    alpha: float = field(
        default=0.0005,
        metadata={
            "help": "Minimum gain in mean belief for a split to survive pruning.",
            "minimum": 0.0,
            "maximum": 1.0,
        },
    )
    information: float = field(default=INFORMATION, metadata=INFORMATION_HELP)

    def learner(self, task: Task) -> ObliqueLearner:
        """Bin and standardise the rows of `task`, once for all fits."""
        return ObliqueLearner(self, task)

    @staticmethod
    def read(graph: GraphProto) -> ObliqueTree:
        """Return the tree in the graph of a student's file; see `students.oblique.model`."""
        return read_oblique(graph)


class ObliqueLearner:
    """Fits oblique trees for one task."""

    def __init__(self, family: ObliqueFamily, task: Task) -> None:
        self.family = family
        self.task = task
        self.straight = TreeLearner(
            TreeFamily(
                max_depth=family.max_depth, alpha=family.alpha, information=family.information
            ),
            task,
        )
        columns = learn_columns(task.rows)
        self.training = TrainingColumns(
            rows=task.rows,
            columns=columns,
            design=Design(columns, task.rows),
            most=family.max_features,
        )

    def fit(self, rewards: Floats, start: Student | None = None) -> ObliqueTree:
        """See `students.contract.Learner.fit`; from `start` the sum of rewards never falls."""
        rewards, passes = exact_rewards(rewards), NEXT_PASSES
        if not isinstance(start, ObliqueTree):
            passes = FIRST_PASSES
            tree = self.straight.fit(rewards)
            start = drop_unused(tree, stack([]), self.task.rows.shape[1])
        draft = Draft(start, self.task.rows)
        with one_blas_thread():
            refine(draft, self.training, rewards, passes)
        return draft.to_student()

    def finish(self, student: Student) -> ObliqueTree:
        """Prune `student`, send missing values where most rows go, set its leaves to mean beliefs.

        Raises TypeError for a student of another family.
        """
        if not isinstance(student, ObliqueTree):
            raise TypeError(f"expected an ObliqueTree, got a {type(student).__name__}")
        task, beside = self.task, student.directions.beside
        wide = replace(task, rows=beside(task.rows), validation_rows=beside(task.validation_rows))
        tree = finish_tree(student.tree, wide, self.straight.worth())
        return drop_unused(tree, student.directions, student.features)
