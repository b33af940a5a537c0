"""The family `additive`: one curve for each feature and class, and the sum of them decides.

A multinomial generalised additive model (Hastie & Tibshirani 1986) on the beliefs; the curves
are linear between knots at quantiles and constant beyond the outer ones.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from crembo_cli.students.additive_text import additive_text
from crembo_cli.students.columns import Columns, Ramps, learn_columns
from crembo_cli.students.contract import Floats, Task
from crembo_cli.students.weights import WeightsLearner


@dataclass(frozen=True, kw_only=True)
class AdditiveFamily:
    """Curves over quantile knots; a missing cell has points of its own."""

    name: ClassVar[str] = "additive"
    summary: ClassVar[str] = (
        "a curve for each feature and class, summed; readable, near the teacher"
    )
    thresholds: ClassVar[int | None] = 0

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
            return learn_columns(rows, learn_ramps(rows, self.knots))

        return WeightsLearner(task, learn, ridge=self.ridge, text=additive_text)


def learn_ramps(rows: Floats, knots: int) -> Ramps:
    """The ramps between at most `knots` knots of each feature of float32 rows (n, p)."""
    feature: list[int] = []
    begin: list[NDArray[np.float32]] = []
    slope: list[NDArray[np.float32]] = []
    for j in range(rows.shape[1]):
        at = place_knots(rows[:, j], knots)
        feature += [j] * (len(at) - 1)
        begin.append(at[:-1])
        slope.append((1.0 / np.diff(at.astype(np.float64))).astype(np.float32))
    return Ramps(
        feature=np.array(feature, np.int64),
        knot=np.concatenate(begin),
        slope=np.concatenate(slope),
    )


def place_knots(cells: Floats, most: int) -> Floats:
    """At most `most` of the values in `cells` (n,), ascending, evenly spread over the rows.

    All values where there are so few. Otherwise the least, the largest, and values between at
    even shares of the rows, where a value that fills more than its share takes one knot only.
    At least one value is returned: 0 where all cells are missing.
    """
    values, counts = np.unique(cells[~np.isnan(cells)], return_counts=True)
    if len(values) == 0:
        return np.zeros(1, np.float32)
    if len(values) > most:
        shares = np.cumsum(np.minimum(counts, counts.sum() / most))
        wanted = np.linspace(shares[0], shares[-1], most)
        values = values[np.unique(np.searchsorted(shares, wanted))]
    # Knots so near that the slope between them overflows float32 are one knot.
    near = np.diff(values.astype(np.float64), prepend=-np.inf) < 1e-37
    knots: Floats = values[~near]
    return knots
