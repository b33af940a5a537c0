"""The curves of an additive student, one small plot a feature, the strongest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crembo_cli.errors import printable
from crembo_cli.explanations.figure import Colours, class_colour, text_style
from crembo_cli.student_file.metadata import ReadableStudent
from crembo_cli.students.contract import Feature
from crembo_cli.students.scored.text import Curve, curves_of
from crembo_cli.students.scored.weights import WeightsStudent

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_CURVES = 60  # features that are drawn
MOST_NAMES = 6  # categories that are named under a plot
ACROSS, WIDE, HIGH = 4, 2.4, 1.7  # plots in a row, and a plot's inches
LONG = 30, 9  # letters of a feature's name and of a category's


def draw_curves(
    explained: ReadableStudent, student: WeightsStudent, colours: Colours
) -> Figure | None:
    """The points that each feature gives each class, all on one scale; None where none gives any.

    A line runs through the knots of a number; a category has a dot. A ring right of them is a
    missing cell. What is drawn goes up where it speaks for the class.
    """
    from matplotlib.figure import Figure

    curves = [curve for curve in curves_of(student.sums()) if curve.span() > 0]
    curves.sort(key=lambda curve: -curve.span())
    curves = curves[:MOST_CURVES]
    if not curves:
        return None
    across = min(ACROSS, len(curves))
    down = -(-len(curves) // across)
    figure = Figure(
        figsize=(WIDE * across, HIGH * down), facecolor=colours.paper, layout="constrained"
    )
    panels = figure.subplots(down, across, squeeze=False, sharey=True).ravel()
    for axes, curve in zip(panels, curves, strict=False):
        _draw(axes, curve, explained.features[curve.feature], colours)
    for axes in panels[len(curves) :]:
        axes.axis("off")
    return figure


def _draw(axes: Axes, curve: Curve, feature: Feature, colours: Colours) -> None:
    axes.set_facecolor("none")
    line = "none" if feature.categories else "-"
    for y, points in enumerate(curve.points.T):
        axes.plot(
            curve.knots, points, color=class_colour(y), linestyle=line, marker=".", markersize=4
        )
    if curve.missing.any():
        right = curve.knots[-1] + 0.12 * (curve.knots[-1] - curve.knots[0])
        for y, points in enumerate(curve.missing):
            axes.plot([right], [points], "o", color=class_colour(y), mfc="none", markersize=5)
    axes.axhline(0, color=colours.muted, lw=0.6, ls=":")
    style = text_style(fontsize=8, color=colours.ink)
    axes.set_title(_cut(feature.name, LONG[0]), loc="left", **{**style, "va": "baseline"})
    axes.tick_params(colors=colours.muted, labelsize=7, labelcolor=colours.ink)
    if feature.categories:
        _name_categories(axes, curve, feature)
    for name, spine in axes.spines.items():
        spine.set_visible(name in {"left", "bottom"})
        spine.set_color(colours.muted)


def _name_categories(axes: Axes, curve: Curve, feature: Feature) -> None:
    """The names of some categories, evenly spread, under their dots."""
    count = min(MOST_NAMES, len(curve.knots))
    at = curve.knots[np.linspace(0, len(curve.knots) - 1, count).round().astype(int)]
    names = [_cut(feature.categories[int(code)], LONG[1]) for code in at]
    axes.set_xticks(at, names, parse_math=False, rotation=30, ha="right")


def _cut(text: str, most: int) -> str:
    text = printable(text)
    return text if len(text) <= most else f"{text[: most - 1]}\u2026"
