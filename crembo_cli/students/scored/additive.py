"""The family `additive`: a score is a sum of curves and of tables of two features.

A multinomial generalised additive model (Hastie & Tibshirani 1986) of the soft labels, with pairs
of features (GA2M, Lou et al. 2013). The curves are linear between knots at quantiles and constant
beyond the outer ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar

from crembo_cli.students.contract import Floats, Task
from crembo_cli.students.scored.columns import Columns, learn_columns
from crembo_cli.students.scored.ramps import curve_ramps
from crembo_cli.students.scored.weights import WeightsLearner, WeightsStudent, read_weights

if TYPE_CHECKING:
    from onnx import GraphProto

SEARCH_ROWS = 8000  # rows on which pairs are searched


@dataclass(frozen=True, kw_only=True)
class AdditiveFamily:
    """Curves over quantile knots and tables of pairs; a missing cell has a score of its own."""

    name: ClassVar[str] = "additive"
    summary: ClassVar[str] = (
        "a curve for each feature and class, summed; readable, near the teacher"
    )
    thresholds: ClassVar[int | None] = 0
    grid: ClassVar[tuple[Mapping[str, int], ...]] = (
        {"knots": 6},
        {"knots": 12},
        {"pairs": 10},
    )
    readable: ClassVar[bool] = True

    knots: int = field(
        default=8,
        metadata={
            "help": "Maximum number of knots per curve, at quantiles.",
            "minimum": 2,
            "maximum": 64,
        },
    )
    ridge: float = field(
        default=1e-3,
        metadata={
            "help": "L2 regularisation of the weights of standardised columns.",
            "minimum": 0.0,
            "maximum": 1000.0,
        },
    )

    pairs: int = field(
        default=0,
        metadata={
            "help": "Number of pairs of features with a table of scores beside their curves.",
            "minimum": 0,
            "maximum": 1000,
        },
    )

    def learner(self, task: Task) -> WeightsLearner:
        """Place the knots on the rows of `task` and find the pairs, once for all fits."""

        def learn(rows: Floats) -> Columns:
            ramps = curve_ramps(rows, self.knots, task.categories)
            columns = learn_columns(rows, ramps, task.categories)
            if self.pairs == 0:
                return columns
            every = -(-len(task.rows) // SEARCH_ROWS)
            some = replace(task, rows=task.rows[::every], beliefs=task.beliefs[::every])
            curves = WeightsLearner(some, lambda _: columns, ridge=self.ridge)
            return curves.find_pairs(self.pairs)

        return WeightsLearner(task, learn, ridge=self.ridge)

    @staticmethod
    def read(graph: GraphProto) -> WeightsStudent:
        """Return the student in the graph of a file; see `students.scored.weights`."""
        return read_weights(graph)
