"""The words and the JSON for weighted sums of columns: weights, curves, and tables of numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from crembo_cli.arrays import Doubles, Floats, Reals
from crembo_cli.students.contract import Feature
from crembo_cli.students.scored.columns import Columns

SHOWN_WEIGHTS = 5  # the strongest columns that a description names for each class
SHOWN_CURVES, SHOWN_CLASSES = 8, 3  # the features that a description draws, and their classes
MARKS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True, kw_only=True)
class Sums:
    """Scores as weighted sums: D columns, c classes."""

    columns: Columns
    weights: Floats  # (D, c)
    bias: Floats  # (c,) the scores if all columns are 0


@dataclass(frozen=True, kw_only=True)
class Curve:
    """What one feature adds to the score of each of c classes."""

    feature: int  # its column
    knots: Doubles  # (k,); empty if the feature had one value and is only ever missing or not
    points: Doubles  # (k, c) at the knots, 0 at the mean
    missing: Doubles  # (c,) if the cell is missing

    def span(self) -> float:
        """Return the largest difference that the curve makes to the score of a class."""
        return float(np.ptp(self.points, axis=0).max()) if len(self.knots) else 0.0


def curves_of(sums: Sums) -> list[Curve]:
    """Return one curve for each feature that adds anything, in order of the columns."""
    columns, weights = sums.columns, sums.weights.astype(np.float64)
    ramps = columns.ramps
    if ramps is None:
        return []
    flags = {int(j): len(ramps.knot) + k for k, j in enumerate(columns.missing)}
    nothing = np.zeros(weights.shape[1])
    curves = []
    for j in np.union1d(ramps.feature, columns.missing):
        mine = np.flatnonzero(ramps.feature == j)
        rises = np.vstack([nothing, weights[mine].cumsum(axis=0)])
        last = ramps.knot[mine[-1:]] + 1.0 / ramps.slope[mine[-1:]].astype(np.float64)
        knots = np.append(ramps.knot[mine].astype(np.float64), last)
        curves.append(
            Curve(
                feature=int(j),
                knots=knots,
                points=(rises - columns.centre[mine] @ weights[mine])[: len(knots)],
                missing=weights[flags[int(j)]] if int(j) in flags else nothing,
            )
        )
    return curves


def describe_weights(
    sums: Sums, spread: Floats | None, features: Sequence[Feature], classes: Sequence[str]
) -> str:
    """Describe the strongest weights of each class.

    `spread` (D,) is the standard deviation of each column, which makes the weights comparable;
    None if it is not known, as in a student read from a file.
    """
    begin, score, sums, classes = one_sided_sums(sums, classes)
    unit = np.ones(len(sums.weights), np.float32) if spread is None else spread.copy()
    strength = np.abs(sums.weights) * unit[:, None]
    names = [feature.name for feature in features]
    for k, j in enumerate(sums.columns.missing, start=len(features)):
        names.append(f"if {names[j]} is missing")
        unit[k] = 1.0
    scores = sums.weights * unit[:, None]
    per = "unit" if spread is None else "standard deviation"
    lines = [
        begin,
        f"Below: the {score} at the mean of every column, then what each {per}",
        f"above it adds, for the {SHOWN_WEIGHTS} columns that matter most.",
    ]
    for y, name in enumerate(classes):
        strongest = np.argsort(-strength[:, y], kind="stable")[:SHOWN_WEIGHTS]
        terms = [f"{scores[j, y]:+.2f} {names[j]}" for j in strongest if strength[j, y] > 0]
        lines.append(f"{name}: {', '.join([f'{sums.bias[y]:+.2f}', *terms])}")
    return "\n".join(lines)


def describe_curves(sums: Sums, features: Sequence[Feature], classes: Sequence[str]) -> str:
    """Describe the curves that change the scores most, strongest first, one mark per knot."""
    begin, score, sums, classes = one_sided_sums(sums, classes)
    curves = sorted(curves_of(sums), key=lambda curve: -curve.span())
    base = ", ".join(f"{name} {b:+.2f}" for name, b in zip(classes, sums.bias, strict=True))
    is_ = "are" if score == "log-odds" else "is"
    lines = [
        begin,
        f"The {score} {is_} a start value plus one curve for each feature.",
        f"Below: the {SHOWN_CURVES} curves that change it most, one mark per knot.",
        f"start: {base}",
    ]
    for curve in curves[:SHOWN_CURVES]:
        lines += _drawn_curve(curve, features[curve.feature], classes)
    return "\n".join(lines)


def one_sided_sums(sums: Sums, classes: Sequence[str]) -> tuple[str, str, Sums, Sequence[str]]:
    """The first sentence, what is summed, the sums and their classes.

    Two classes mirror each other: their sums become one, the log-odds of the second.
    """
    if len(classes) != 2:
        return "The class with the highest score is predicted.", "score", sums, classes
    weights, bias = np.diff(sums.weights, axis=1), np.diff(sums.bias)
    begin = f"{classes[1]} is predicted where its log-odds are above 0, else {classes[0]}."
    return begin, "log-odds", replace(sums, weights=weights, bias=bias), classes[1:]


def _drawn_curve(curve: Curve, feature: Feature, classes: Sequence[str]) -> list[str]:
    """A line for the feature and one for each class that it changes, all to one scale."""
    if curve.points.size == 0 or np.ptp(curve.points) == 0:
        return []
    low, high = curve.points.min(), curve.points.max()
    heights = ((curve.points - low) / (high - low) * (len(MARKS) - 1)).round().astype(int)
    first, last = (knot_text(feature, knot) for knot in curve.knots[[0, -1]])
    lines = [f"{feature.name}, from {first} to {last}"]
    changed = np.argsort(-np.ptp(curve.points, axis=0), kind="stable")[:SHOWN_CLASSES]
    for y in sorted(changed):
        marks = "".join(MARKS[height] for height in heights[:, y])
        ends = f"{curve.points[:, y].min():+.2f} to {curve.points[:, y].max():+.2f}"
        absent = f"; missing {curve.missing[y]:+.2f}" if curve.missing[y] else ""
        lines.append(f"  {marks} {classes[y]}, {ends}{absent}")
    return lines


def knot_text(feature: Feature, knot: float) -> str:
    """Return a knot as a reader knows it: the category's name, or the number."""
    code = round(float(knot))
    if 0 <= code < len(feature.categories):
        return feature.categories[code]
    return "unseen" if feature.categories else f"{knot:.6g}"


def weights_text(sums: Sums, features: Sequence[Feature], classes: Sequence[str], name: str) -> str:
    """Return every weight as a table."""
    names, columns = [each.name for each in features], sums.columns
    lines = [
        f"{name}: weighted sums. The class with the highest score is predicted. A score starts",
        "with the first row; each feature adds its weight times (value - mean). A value beyond",
        "the training rows counts as the end of their range, from `low` to `high`. A missing value",
        "adds nothing, or the row of its own; a category that was not seen before adds nothing.",
        "Probabilities are the softmax of the scores.",
        *code_lines(features),
        "",
    ]
    rows = [
        ["feature", "mean", "low", "high", *classes],
        ["start", "", "", "", *format_signed(sums.bias)],
    ]
    for j, each in enumerate(names):
        numbers = (columns.centre[j], *columns.limits[:, j])
        rows.append(
            [each, *(f"{number:.6g}" for number in numbers), *format_signed(sums.weights[j])]
        )
    for k, j in enumerate(columns.missing.tolist(), start=len(names)):
        rows.append([f"{names[j]} missing", "", "", "", *format_signed(sums.weights[k])])
    return "\n".join([*lines, *table(rows)])


def curves_text(sums: Sums, features: Sequence[Feature], classes: Sequence[str], name: str) -> str:
    """Return every curve as a table of its knots."""
    rows = [["feature", "value", *classes], ["start", "", *format_signed(sums.bias)]]
    for curve in curves_of(sums):
        feature = features[curve.feature]
        for knot, points in zip(curve.knots, curve.points, strict=True):
            rows.append([feature.name, knot_text(feature, float(knot)), *format_signed(points)])
        if curve.missing.any():
            rows.append([feature.name, "missing", *format_signed(curve.missing)])
    lines = [
        f"{name}: sums of curves. The class with the highest score is predicted. A score starts",
        "with the first row; each feature adds the score of its value, linear between the rows",
        "of the table and constant beyond them; so does each pair of features in the table below",
        "it, if there is one. A missing value without a row, and a category that was not seen",
        "before, add nothing. Probabilities are the softmax of the scores.",
        "",
    ]
    return "\n".join([*lines, *table(rows)])


def code_lines(features: Sequence[Feature]) -> Iterator[str]:
    """Yield the numbers that stand for the categories, a line for each feature that has any."""
    for feature in features:
        if feature.categories:
            codes = ", ".join(f"{text}: {code}" for code, text in enumerate(feature.categories))
            yield f"The values of {feature.name} are {codes}."


def format_signed(values: Reals) -> list[str]:
    """Return the values as texts with a sign and six digits."""
    return [f"{value:+.6g}" for value in values]


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the rows as lines, their columns aligned: the first to the left, others right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for first, *others in rows:
        cells = [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        lines.append("  ".join([first.ljust(widths[0]), *cells]).rstrip())
    return lines


def weights_json(sums: Sums) -> dict[str, Any]:
    """Return every weight by class: what scores start with, and a weight for each feature.

    A weight is that of (number - mean), the number cut to the range from `low` to `high`.
    """
    p = len(sums.columns.centre)
    missing = enumerate(sums.columns.missing.tolist(), start=p)
    return {
        "begin": sums.bias.tolist(),
        "means": sums.columns.centre.tolist(),
        "low": sums.columns.limits[0].tolist(),
        "high": sums.columns.limits[1].tolist(),
        "weights": sums.weights[:p].tolist(),
        "missing": {str(j): sums.weights[k].tolist() for k, j in missing},
    }


def curves_json(sums: Sums) -> dict[str, Any]:
    """Return every curve: scores (k, c) at its knots (k,), linear between and constant beyond.

    A missing cell adds `missing`, a category that was not seen before adds nothing.
    """
    return {
        "begin": sums.bias.tolist(),
        "curves": [
            {
                "feature": curve.feature,
                "knots": curve.knots.tolist(),
                "scores": curve.points.tolist(),
                "missing": curve.missing.tolist(),
            }
            for curve in curves_of(sums)
        ],
    }
