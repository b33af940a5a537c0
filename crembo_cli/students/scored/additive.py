"""The family `additive`: one curve for each feature and class, and the sum of them decides.

A multinomial generalised additive model (Hastie & Tibshirani 1986) on the beliefs; the curves
are linear between knots at quantiles and constant beyond the outer ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from crembo_cli.students.contract import Floats, Task
from crembo_cli.students.scored.columns import Columns, learn_columns
from crembo_cli.students.scored.ramps import curve_ramps
from crembo_cli.students.scored.weights import WeightsLearner, WeightsStudent, read_weights

if TYPE_CHECKING:
    from onnx import GraphProto


@dataclass(frozen=True, kw_only=True)
class AdditiveFamily:
    """Curves over quantile knots; a missing cell has points of its own."""

    name: ClassVar[str] = "additive"
    summary: ClassVar[str] = (
        "a curve for each feature and class, summed; readable, near the teacher"
    )
    thresholds: ClassVar[int | None] = 0
    grid: ClassVar[tuple[Mapping[str, int], ...]] = ({"knots": 6}, {"knots": 12})
    readable: ClassVar[bool] = True

    knots: int = field(
        default=8,
        metadata={
            "help": "The most knots of a feature's curve, at quantiles; more follow it closer.",
            "minimum": 2,
            "maximum": 64,
        },
    )
    ridge: float = field(
        default=1e-3,
        metadata={
            "help": "How strongly curves are held flat: the L2 penalty on standardised columns.",
            "minimum": 0.0,
            "maximum": 1000.0,
        },
    )

    def learner(self, task: Task) -> WeightsLearner:
        """Place the knots on the rows of `task`, once for all fits."""

        def learn(rows: Floats) -> Columns:
            ramps = curve_ramps(rows, self.knots, task.categories)
            return learn_columns(rows, ramps, task.categories)

        return WeightsLearner(task, learn, ridge=self.ridge)

    @staticmethod
    def read(graph: GraphProto) -> WeightsStudent:
        """Return the student in the graph of a file; see `students.scored.weights`."""
        return read_weights(graph)
