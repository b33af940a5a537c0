"""The curves of an additive student and its tables of pairs, a small plot each, strongest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

from crembo_cli.errors import StudentError, printable
from crembo_cli.explanations.figure import (
    ON_WHITE,
    Colours,
    class_colour,
    png_of,
    svg_of,
    text_style,
)
from crembo_cli.student_file.metadata import ReadableStudent
from crembo_cli.students.contract import Feature
from crembo_cli.students.scored.tables import PairTable, tables_of
from crembo_cli.students.scored.text import Curve, curves_of
from crembo_cli.students.scored.weights import WeightsStudent

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_CURVES, MOST_TABLES = 60, 60  # features and pairs that are drawn
MOST_NAMES = 6  # categories that are named under a plot
ACROSS, WIDE, HIGH = 4, 2.4, 1.7  # plots in a row, and a plot's inches
LONG = 30, 9  # letters of a feature's name and of a category's


def curves_as_svg(explained: ReadableStudent) -> str:
    """Return the drawn curves and tables as an SVG document. Raises StudentError without any."""
    return svg_of(_draw_on_white(explained), "curves")


def curves_as_png(explained: ReadableStudent) -> bytes:
    """Return the drawn curves and tables as a PNG image. Raises StudentError without any."""
    return png_of(_draw_on_white(explained))


def _draw_on_white(explained: ReadableStudent) -> Figure:
    figure = draw_curves(explained, cast("WeightsStudent", explained.student), ON_WHITE)
    if figure is None:
        raise StudentError(
            "the student has no curves to draw",
            where=explained.name,
            hint="use --format text",
        )
    return figure


def draw_curves(
    explained: ReadableStudent, student: WeightsStudent, colours: Colours
) -> Figure | None:
    """The scores that each feature adds to each class, all on one scale; None where all are 0.

    A line runs through the knots of a number; a category has a dot. A ring right of them is a
    missing cell. What is drawn goes up where it speaks for the class. After the curves comes a
    heat map for each pair of features, for the class that it changes most.
    """
    from matplotlib.figure import Figure

    curves = [curve for curve in curves_of(student.sums()) if curve.span() > 0]
    curves.sort(key=lambda curve: -curve.span())
    curves = curves[:MOST_CURVES]
    tables = [table for table in tables_of(student.sums()) if table.span() > 0][:MOST_TABLES]
    count = len(curves) + len(tables)
    if count == 0:
        return None
    across = min(ACROSS, count)
    down = -(-count // across)
    figure = Figure(
        figsize=(WIDE * across, HIGH * down), facecolor=colours.paper, layout="constrained"
    )
    panels = figure.subplots(down, across, squeeze=False).ravel()
    for k, (axes, curve) in enumerate(zip(panels, curves, strict=False)):
        if k:
            axes.sharey(panels[0])
        axes.tick_params(labelleft=k % across == 0)
        _draw(axes, curve, explained.features[curve.feature], colours)
    most = max((float(np.abs(table.points).max()) for table in tables), default=1.0)
    for axes, table in zip(panels[len(curves) :], tables, strict=False):
        _draw_table(axes, table, explained, most, colours)
    for axes in panels[count:]:
        axes.axis("off")
    return figure


def _draw_table(
    axes: Axes, table: PairTable, explained: ReadableStudent, most: float, colours: Colours
) -> None:
    """One cell for each two places, in colours from -most to most; its own numbers in the title."""
    y = int(np.ptp(table.points, axis=(0, 1)).argmax())
    points = table.points[:, :, y]
    first, second = (explained.features[axis.feature] for axis in table.axes)
    axes.pcolormesh(points, cmap="PuOr_r", vmin=-most, vmax=most)
    style = text_style(fontsize=7, color=colours.ink)
    title = f"{explained.class_names()[y]} {points.min():+.2f} to {points.max():+.2f}"
    axes.set_title(_cut(title, LONG[0]), loc="left", **{**style, "va": "baseline"})
    axes.set_ylabel(_cut(first.name, LONG[0] // 2), **{**style, "va": "bottom"})
    axes.set_xlabel(_cut(second.name, LONG[0]), **{**style, "va": "top"})
    texts = [
        [_cut(text, LONG[1]) for text in axis.texts(each)]
        for axis, each in zip(table.axes, (first, second), strict=True)
    ]
    small: dict[str, Any] = {"parse_math": False, "fontsize": 6}
    axes.set_yticks(np.arange(len(texts[0])) + 0.5, texts[0], **small)
    axes.set_xticks(np.arange(len(texts[1])) + 0.5, texts[1], **small, rotation=30, ha="right")
    axes.tick_params(colors=colours.muted, labelcolor=colours.ink)
    for spine in axes.spines.values():
        spine.set_visible(False)


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
