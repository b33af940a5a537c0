"""The family `linear`: multinomial logistic regression on the soft labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from crembo_cli.students.contract import Floats, Task
from crembo_cli.students.scored.columns import Columns, learn_columns
from crembo_cli.students.scored.weights import WeightsLearner, WeightsStudent, read_weights

if TYPE_CHECKING:
    from onnx import GraphProto


@dataclass(frozen=True, kw_only=True)
class LinearFamily:
    """One weight for each feature and class; a missing cell has a weight of its own."""

    name: ClassVar[str] = "linear"
    summary: ClassVar[str] = "a weighted sum for each class; tiny, and steady under resampling"
    thresholds: ClassVar[int | None] = 0
    grid: ClassVar[tuple[Mapping[str, int], ...]] = ({},)

    ridge: float = field(
        default=1e-4,
        metadata={
            "help": "L2 regularisation of the weights of standardised columns.",
            "minimum": 0.0,
            "maximum": 1000.0,
        },
    )

    def learner(self, task: Task) -> WeightsLearner:
        """Centre and scale the rows of `task`, once for all fits."""

        def learn(rows: Floats) -> Columns:
            return learn_columns(rows, categories=task.categories)

        return WeightsLearner(task, learn, ridge=self.ridge)

    @staticmethod
    def read(graph: GraphProto) -> WeightsStudent:
        """Return the student in the graph of a file; see `students.scored.weights`."""
        return read_weights(graph)
