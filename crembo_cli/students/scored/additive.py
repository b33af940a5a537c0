"""The family `additive`: one curve for each feature and class, and the sum of them decides.

A multinomial generalised additive model (Hastie & Tibshirani 1986) on the beliefs; the curves
are linear between knots at quantiles and constant beyond the outer ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from crembo_cli.students.contract import Feature, Floats, Task
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

        return WeightsLearner(task, learn, ridge=self.ridge, text=additive_text)

    @staticmethod
    def read(graph: GraphProto) -> WeightsStudent:
        """Return the student in the graph of a file; see `students.scored.weights`."""
        return read_weights(graph, additive_text)


SHOWN = 8  # the features that are drawn, and the classes for each of them
SHOWN_CLASSES = 3
MARKS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True, kw_only=True)
class Curve:
    """The points that one feature gives, for each of c classes."""

    feature: int  # its column
    knots: NDArray[np.float64]  # (k,)
    points: NDArray[np.float64]  # (k, c) at the knots, 0 at the mean
    missing: NDArray[np.float64]  # (c,) where the cell is missing


def additive_text(
    student: WeightsStudent, features: Sequence[Feature], classes: Sequence[str]
) -> str:
    """The curves that move the points most, strongest first, one mark a knot."""
    curves = curves_of(student)
    curves.sort(key=lambda curve: -float(np.ptp(curve.points, axis=0).max()))
    base = ", ".join(f"{name} {b:+.2f}" for name, b in zip(classes, student.bias, strict=True))
    lines = [
        "The class with the most points is said. Each starts with its own, and gains",
        f"or loses by each feature's curve. Drawn, one mark a knot: the {SHOWN} curves",
        "that move most.",
        f"start: {base}",
    ]
    for curve in curves[:SHOWN]:
        lines += _drawn(curve, features[curve.feature], classes)
    return "\n".join(lines)


def curves_of(student: WeightsStudent) -> list[Curve]:
    """One curve for each feature that has one, in order of the columns."""
    columns = student.columns
    ramps = columns.ramps
    if ramps is None:
        return []
    flags = {int(j): len(ramps.knot) + k for k, j in enumerate(columns.missing)}
    weights = student.weights.astype(np.float64)
    curves = []
    for j in np.unique(ramps.feature):
        mine = np.flatnonzero(ramps.feature == j)
        rises = np.vstack([np.zeros(weights.shape[1]), weights[mine].cumsum(axis=0)])
        last = ramps.knot[mine[-1]] + 1.0 / np.float64(ramps.slope[mine[-1]])
        curves.append(
            Curve(
                feature=int(j),
                knots=np.append(ramps.knot[mine].astype(np.float64), last),
                points=rises - columns.centre[mine] @ weights[mine],
                missing=weights[flags[j]] if j in flags else np.zeros(weights.shape[1]),
            )
        )
    return curves


def _drawn(curve: Curve, feature: Feature, classes: Sequence[str]) -> list[str]:
    """A line for the feature and one for each class that it moves, all to one scale."""
    low, high = curve.points.min(), curve.points.max()
    if high == low:
        return []
    heights = ((curve.points - low) / (high - low) * (len(MARKS) - 1)).round().astype(int)
    first, last = (_value(feature, knot) for knot in curve.knots[[0, -1]])
    lines = [f"{feature.name}, from {first} to {last}"]
    moved = np.argsort(-np.ptp(curve.points, axis=0), kind="stable")[:SHOWN_CLASSES]
    for y in sorted(moved):
        marks = "".join(MARKS[height] for height in heights[:, y])
        ends = f"{curve.points[:, y].min():+.2f} to {curve.points[:, y].max():+.2f}"
        absent = f"; missing {curve.missing[y]:+.2f}" if curve.missing[y] else ""
        lines.append(f"  {marks} {classes[y]}, {ends}{absent}")
    return lines


def _value(feature: Feature, knot: np.float64) -> str:
    """A knot as a reader knows it: the category's name, or the number."""
    code = round(float(knot))
    if 0 <= code < len(feature.categories):
        return feature.categories[code]
    return "unseen" if feature.categories else f"{knot:.6g}"
