"""The parts shared by the families that turn columns into one score per class."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Generic, Self, TypeVar

import numpy as np

from crembo_cli.core.utilities import expected_utilities
from crembo_cli.students.contract import Floats, Indices, Student, Task
from crembo_cli.students.nodes import OPSETS, Nodes
from crembo_cli.students.scored.columns import Columns, Doubles, blocks
from crembo_cli.students.scored.design import Design
from crembo_cli.students.scored.softmax import add_answers, best_sharpness, cross_entropy, softmax
from crembo_cli.threads import one_blas_thread

if TYPE_CHECKING:
    from onnx import NodeProto, TensorProto

FITTED_ROWS = 50_000  # rows that a fit uses; a random sample of more
FITTED_CELLS = 64_000_000  # cells of their matrix, 256 MB; fewer rows if it is wide


@dataclass(frozen=True, kw_only=True, eq=False)
class ScoredStudent(ABC):
    """A student that predicts the class with the highest score; probabilities are the softmax."""

    columns: Columns
    opsets: ClassVar[tuple[int, int]] = OPSETS

    @abstractmethod
    def weigh(self, columns: Doubles) -> Doubles:
        """Return the scores, float64 (n, c), of columns, float64 (n, D)."""

    @abstractmethod
    def add_scores(self, nodes: Nodes, columns: str) -> str:
        """Add the nodes that compute `weigh`; return the name of the tensor that they write."""

    @abstractmethod
    def sharpen(self, factor: float) -> Self:
        """Return the student with all scores multiplied by `factor` > 0."""

    def predict(self, rows: Floats) -> Indices:
        """Class indices, int64 (n,), for float32 rows (n, p)."""
        predicted: Indices = self.predict_proba(rows).argmax(axis=1)
        return predicted

    def predict_proba(self, rows: Floats) -> Floats:
        """The softmax of the scores, float32 (n, c), for float32 rows (n, p)."""
        return np.concatenate([softmax(part) for part in self._scores(rows)]).astype(np.float32)

    def scores(self, rows: Floats) -> Floats:
        """The scores, float32 (n, c), for float32 rows (n, p)."""
        return np.concatenate([part.astype(np.float32) for part in self._scores(rows)])

    def to_onnx(
        self, rows: str, index: str, probabilities: str
    ) -> tuple[list[NodeProto], list[TensorProto]]:
        """Columns, scores, Softmax and ArgMax; see `students.contract.Student.to_onnx`."""
        nodes = Nodes()
        scores = self.add_scores(nodes, self.columns.add_to(nodes, rows))
        add_answers(nodes, scores, index, probabilities)
        return nodes.nodes, nodes.constants

    def _scores(self, rows: Floats) -> Iterator[Doubles]:
        return (self.weigh(self.columns.of(block)) for block in blocks(rows))


S = TypeVar("S", bound=ScoredStudent)


class ScoredLearner(Generic[S]):
    """The columns of one task and their matrix, shared by all fits.

    A fit uses at most `FITTED_ROWS` rows, which determine so few parameters well.
    """

    @one_blas_thread()
    def __init__(self, kind: type[S], task: Task, learn: Callable[[Floats], Columns]) -> None:
        self.kind, self.task = kind, task
        n = len(task.rows)
        self.chosen: Indices = np.arange(n)
        if n > FITTED_ROWS:
            rng = np.random.default_rng(task.seed)
            self.chosen = np.sort(rng.choice(n, FITTED_ROWS, replace=False))
        self.columns = learn(task.rows[self.chosen])
        every = -(-len(self.chosen) * self.columns.width() // FITTED_CELLS)
        self.chosen = self.chosen[:: max(every, 1)]
        self.design = Design(self.columns, task.rows[self.chosen])

    @one_blas_thread()
    def finish(self, student: Student) -> S:
        """Scale the scores of `student` so that its probabilities are nearest the soft labels.

        Raises TypeError for a student of another family.
        """
        own = self.own(student)
        scores = own.scores(self.task.rows[self.chosen])
        return own.sharpen(best_sharpness(scores, self.task.beliefs[self.chosen]))

    def own(self, student: Student) -> S:
        """Return `student`. Raises TypeError if it is not of this family."""
        if not isinstance(student, self.kind):
            found = type(student).__name__
            raise TypeError(f"expected a {self.kind.__name__}, got a {found}")
        return student


def information(student: ScoredStudent, rows: Floats, beliefs: Floats) -> float:
    """Return the share of the cross-entropy of a constant student that `student` saves, at most 1.

    Against the soft labels (n, c) of `rows` (n, p), with its scores scaled as `finish` does. The
    constant student is the mean soft label.
    """
    scores = student.scores(rows)
    loss, _ = cross_entropy(scores * np.float32(best_sharpness(scores, beliefs)), beliefs)
    mean = beliefs.mean(axis=0, dtype=np.float64)
    constant = -float((mean * np.log(np.maximum(mean, 1e-300))).sum())
    return 1 - loss / constant if constant > 0 else 0.0


def fitted_rewards(task: Task, rewards: Floats) -> Floats:
    """Return `rewards` (n, c) as families of scores fit them.

    Expected utilities of the soft labels are fitted as the soft labels: such a student decides by
    the utilities of its probabilities, which must therefore be the teacher's.
    """
    if task.utilities is None:
        return rewards
    soft = np.array_equal(rewards, expected_utilities(task.beliefs, task.utilities))
    return task.beliefs if soft else rewards


def total_reward(student: Student, rows: Floats, rewards: Floats) -> float:
    """Return the sum of `rewards` (n, c) that the student's predictions on `rows` (n, p) earn."""
    predicted = student.predict(rows)
    return float(rewards[np.arange(len(predicted)), predicted].sum(dtype=np.float64))
