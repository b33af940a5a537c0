"""The family `linear`: multinomial logistic regression on the beliefs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from crembo_cli.students.contract import Feature, Task
from crembo_cli.students.scored.columns import learn_columns
from crembo_cli.students.scored.weights import WeightsLearner, WeightsStudent, read_weights

if TYPE_CHECKING:
    from onnx import GraphProto

SHOWN = 5  # the strongest columns that a description names for each class


@dataclass(frozen=True, kw_only=True)
class LinearFamily:
    """One weight for each feature and class; a missing cell has a weight of its own."""

    name: ClassVar[str] = "linear"
    summary: ClassVar[str] = "a weighted sum for each class; tiny, and steady under resampling"
    thresholds: ClassVar[int | None] = 0

    ridge: float = field(
        default=1e-4,
        metadata={
            "help": "How strongly weights are held near 0: the L2 penalty on standardised columns.",
            "minimum": 0.0,
            "maximum": 1000.0,
        },
    )

    def learner(self, task: Task) -> WeightsLearner:
        """Centre and scale the rows of `task`, once for all fits."""
        return WeightsLearner(task, learn_columns, ridge=self.ridge, text=linear_text)

    @staticmethod
    def read(graph: GraphProto) -> WeightsStudent:
        """Return the student in the graph of a file; see `students.scored.weights`."""
        return read_weights(graph, linear_text)


def linear_text(
    student: WeightsStudent, features: Sequence[Feature], classes: Sequence[str]
) -> str:
    """The strongest weights of each class, per standard deviation so that they compare."""
    names = [feature.name for feature in features]
    unit = student.spread.copy()
    for k, j in enumerate(student.columns.missing, start=len(features)):
        names.append(f"if {names[j]} is missing")
        unit[k] = 1.0
    strength = np.abs(student.weights) * student.spread[:, None]
    points = student.weights * unit[:, None]
    lines = [
        "The class with the most points is said. Below: the points at the mean of",
        f"every column, then those for each standard deviation above it, of the {SHOWN}",
        "columns that count most.",
    ]
    for y, name in enumerate(classes):
        strongest = np.argsort(-strength[:, y], kind="stable")[:SHOWN]
        terms = [f"{points[j, y]:+.2f} {names[j]}" for j in strongest if strength[j, y] > 0]
        lines.append(f"{name}: {', '.join([f'{student.bias[y]:+.2f}', *terms])}")
    return "\n".join(lines)
