"""The curves of an additive student and its tables of pairs, a small plot each, strongest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from crembo_cli.arrays import Doubles
from crembo_cli.errors import StudentError, printable
from crembo_cli.explanations.figure import (
    ON_WHITE,
    Colours,
    class_colour,
    png_of,
    svg_of,
    text_style,
)
from crembo_cli.explanations.tree_view import shorten
from crembo_cli.student_file.metadata import ReadableStudent
from crembo_cli.students.contract import Feature
from crembo_cli.students.scored.columns import Columns
from crembo_cli.students.scored.tables import Axis, PairTable, tables_of
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
    return curves_svg(_draw_on_white(explained))


def curves_as_png(explained: ReadableStudent) -> bytes:
    """Return the drawn curves and tables as a PNG image. Raises StudentError without any."""
    return png_of(_draw_on_white(explained))


def curves_svg(figure: Figure) -> str:
    """The figure of `draw_curves` as an SVG document: each plot has its title on hover."""
    svg = svg_of(figure, "curves")
    for axes in figure.axes:
        if axes.get_gid():
            tag, title = f'<g id="curves-{axes.get_gid()}">', escape(str(axes.get_label()))
            svg = svg.replace(tag, f"{tag}<title>{title}</title>", 1)
    return svg


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
    missing cell. What is drawn goes up where it speaks for the class; of two classes there is one
    curve, which goes up where it speaks for the second. The grey area below is the density of the
    training rows. After the curves comes a heat map for each pair of features, for the class that
    it changes most.
    """
    from matplotlib.figure import Figure

    curves = [curve for curve in curves_of(student.sums()) if curve.span() > 0]
    curves.sort(key=lambda curve: -curve.span())
    curves = [one_sided(curve) for curve in curves[:MOST_CURVES]]
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
    low = min((float(min(curve.points.min(), 0)) for curve in curves), default=0.0)
    high = max((float(max(curve.points.max(), 0)) for curve in curves), default=1.0)
    room = 0.28 * max(high - low, 1e-9)  # for the densities, below all curves
    for k, (axes, curve) in enumerate(zip(panels, curves, strict=False)):
        axes.set_ylim(low - room, high + 0.08 * (high - low))
        axes.tick_params(labelleft=k % across == 0)
        _draw(axes, curve, explained.features[curve.feature], colours)
        axes.set_gid(f"plot-{k}")
        axes.set_label(_title(curve, explained))
        _draw_density(axes, curve, student.columns, low - room, 0.8 * room, colours)
    most = max((float(np.abs(table.points).max()) for table in tables), default=1.0)
    for axes, table in zip(panels[len(curves) :], tables, strict=False):
        _draw_table(axes, table, explained, most, colours)
    for axes in panels[count:]:
        axes.axis("off")
    if curves:
        _name_classes(
            figure, list(panels[: len(curves) : across]), explained.class_names(), colours
        )
    return figure


def _name_classes(
    figure: Figure, left: Sequence[Axes], names: Sequence[str], colours: Colours
) -> None:
    """Of two classes the one that the curves speak for, `left` of them; of more, a legend."""
    shown = [shorten(name, LONG[1] if len(names) == 2 else LONG[0]) for name in names]
    style = text_style(fontsize=7, color=colours.ink, va="bottom")
    for axes in left:
        axes.set_ylabel(f"score for {shown[1]}" if len(shown) == 2 else "score", **style)
    if len(shown) == 2:
        return
    from matplotlib.lines import Line2D

    lines = [Line2D([], [], color=class_colour(y), marker=".") for y in range(len(shown))]
    legend = figure.legend(
        lines, shown, loc="outside lower left", ncols=8, frameon=False, fontsize=8
    )
    for text in legend.get_texts():
        text.set(parse_math=False, color=colours.ink)


def _title(curve: Curve, explained: ReadableStudent) -> str:
    """What stands on hover over a plot: the feature, and the range of each curve in it."""
    names = explained.class_names()[-curve.points.shape[1] :]
    ranges = [
        f"{name} {points.min():+.3g} to {points.max():+.3g}"
        for name, points in zip(names, curve.points.T, strict=True)
    ]
    return printable(f"{explained.features[curve.feature].name}: {', '.join(ranges)}")


def one_sided(curve: Curve) -> Curve:
    """The curve itself; of two classes, its second class less its first alone."""
    if curve.points.shape[1] != 2:
        return curve
    points, missing = np.diff(curve.points, axis=1), np.diff(curve.missing)
    return replace(curve, points=points, missing=missing)


def density_of(curve: Curve, columns: Columns) -> Doubles:
    """The share of the training rows at each knot, (k,), summing to 1; for numbers, around it.

    The mean of a ramp is the share of the rows beyond it; what lies beyond one knot and not beyond
    the next is around that knot.
    """
    assert columns.ramps is not None
    mine = columns.ramps.feature == curve.feature
    beyond = columns.centre[: len(columns.ramps.knot)][mine].astype(np.float64)
    return np.clip(-np.diff(np.concatenate([[1.0], beyond, [0.0]])), 0.0, 1.0)


def _draw_density(
    axes: Axes, curve: Curve, columns: Columns, low: float, high: float, colours: Colours
) -> None:
    """The density as an area between `low` and `low + high`; of categories, bars."""
    shares, knots = density_of(curve, columns), curve.knots
    if curve.feature in columns.coded:
        heights = high * shares / shares.max()
        axes.bar(knots, heights, 0.6, bottom=low, color=colours.muted, alpha=0.35, lw=0)
        return
    if len(knots) < 2:
        return
    gaps = np.diff(knots)
    room = (np.append(gaps, 0.0) + np.insert(gaps, 0, 0.0)) / 2
    heights = shares / room
    # A spike of equal values must not flatten the rest.
    heights = np.minimum(heights / (2.5 * np.median(heights) + 1e-300), 1.0)
    axes.fill_between(knots, low, low + high * heights, color=colours.muted, alpha=0.35, lw=0)


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
    axes.set_title(shorten(title, LONG[0]), loc="left", **{**style, "va": "baseline"})
    axes.set_ylabel(shorten(first.name, 22), **{**style, "va": "bottom"})
    axes.set_xlabel(shorten(second.name, LONG[0]), **{**style, "va": "top"})
    texts = [
        [shorten(text, LONG[1]) for text in _places(axis, each)]
        for axis, each in zip(table.axes, (first, second), strict=True)
    ]
    small: dict[str, Any] = {"parse_math": False, "fontsize": 6}
    axes.set_yticks(np.arange(len(texts[0])) + 0.5, texts[0], **small)
    axes.set_xticks(np.arange(len(texts[1])) + 0.5, texts[1], **small, rotation=30, ha="right")
    axes.tick_params(colors=colours.muted, labelcolor=colours.ink)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _places(axis: Axis, feature: Feature) -> list[str]:
    """The places beside a heat map: of numbers three digits, which is what there is room for."""
    if feature.categories:
        return axis.texts(feature)
    return [*(f"{knot:.3g}" for knot in axis.knots), *["missing"] * axis.missing]


def _draw(axes: Axes, curve: Curve, feature: Feature, colours: Colours) -> None:
    axes.set_facecolor("none")
    line = "none" if feature.categories else "-"
    first = int(curve.points.shape[1] == 1)  # of two classes the one curve is the second's
    for y, points in enumerate(curve.points.T, start=first):
        axes.plot(
            curve.knots, points, color=class_colour(y), linestyle=line, marker=".", markersize=4
        )
    if curve.missing.any():
        right = curve.knots[-1] + 0.12 * (curve.knots[-1] - curve.knots[0])
        for y, points in enumerate(curve.missing, start=first):
            axes.plot([right], [points], "o", color=class_colour(y), mfc="none", markersize=5)
    axes.axhline(0, color=colours.muted, lw=0.6, ls=":")
    style = text_style(fontsize=8, color=colours.ink)
    axes.set_title(shorten(feature.name, LONG[0]), loc="left", **{**style, "va": "baseline"})
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
    names = [shorten(feature.categories[int(code)], LONG[1]) for code in at]
    axes.set_xticks(at, names, parse_math=False, rotation=30, ha="right")
