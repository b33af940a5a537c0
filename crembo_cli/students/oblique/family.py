"""The family `oblique`: a tree refined by TAO, then some of its splits slanted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar

from crembo_cli.students.contract import Floats, Student, Task
from crembo_cli.students.oblique.directions import stack
from crembo_cli.students.oblique.draft import Draft
from crembo_cli.students.oblique.model import ObliqueTree, read_oblique, trimmed
from crembo_cli.students.oblique.refine import Grounds, refine
from crembo_cli.students.scored.columns import learn_columns
from crembo_cli.students.scored.design import Design, one_thread
from crembo_cli.students.tree.draft import exact_rewards
from crembo_cli.students.tree.family import TreeFamily, TreeLearner, finish_tree

if TYPE_CHECKING:
    from onnx import GraphProto

FIRST_PASSES = 4  # for a tree whose splits ask one feature each
NEXT_PASSES = 2  # and for one that starts from a neighbour


@dataclass(frozen=True, kw_only=True)
class ObliqueFamily:
    """A tree whose splits may weigh several features against a threshold."""

    name: ClassVar[str] = "oblique"
    summary: ClassVar[str] = "a tree whose splits may weigh a few features; smaller for its skill"
    thresholds: ClassVar[int | None] = 8
    grid: ClassVar[tuple[Mapping[str, int], ...]] = (
        {"max_depth": 2},
        {"max_depth": 3},
        {"max_depth": 4},
    )

    max_depth: int = field(
        default=4, metadata={"help": "The most splits above a leaf.", "minimum": 1, "maximum": 8}
    )
    max_features: int = field(
        default=5,
        metadata={"help": "The most features that a split weighs.", "minimum": 1, "maximum": 50},
    )
    alpha: float = field(
        default=0.0005,
        metadata={
            "help": "The mean belief, on fit and held rows, that a split must earn to stay.",
            "minimum": 0.0,
            "maximum": 1.0,
        },
    )

    def learner(self, task: Task) -> ObliqueLearner:
        """Bin and standardise the rows of `task`, once for all fits."""
        return ObliqueLearner(self, task)

    @staticmethod
    def read(graph: GraphProto) -> ObliqueTree:
        """Return the tree in the graph of a student's file; see `students.oblique.model`."""
        return read_oblique(graph)


class ObliqueLearner:
    """Oblique trees for one task."""

    def __init__(self, family: ObliqueFamily, task: Task) -> None:
        self.family = family
        self.task = task
        self.straight = TreeLearner(TreeFamily(max_depth=family.max_depth), task)
        columns = learn_columns(task.rows)
        self.grounds = Grounds(
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
            start = trimmed(tree, stack([]), self.task.rows.shape[1])
        draft = Draft(start, self.task.rows)
        with one_thread():
            refine(draft, self.grounds, rewards, passes)
        return draft.finished()

    def finish(self, student: Student) -> ObliqueTree:
        """`student` pruned, missing values sent where most rows go, mean beliefs in its leaves.

        Raises TypeError for a student of another family.
        """
        if not isinstance(student, ObliqueTree):
            raise TypeError(f"an oblique learner finishes its own, not {type(student).__name__}")
        task, beside = self.task, student.directions.beside
        wide = replace(task, rows=beside(task.rows), validation_rows=beside(task.validation_rows))
        tree = finish_tree(student.tree, wide, self.family.alpha)
        return trimmed(tree, student.directions, student.features)
