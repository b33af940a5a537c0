"""The weights of a linear student as a bar chart, the strongest feature first."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from crembo_cli.arrays import Doubles
from crembo_cli.explanations.figure import class_colour
from crembo_cli.explanations.picture import (
    Box,
    Group,
    Line,
    Picture,
    Words,
    png_image,
    svg_document,
    text_width,
)
from crembo_cli.student_file.metadata import ReadableStudent

if TYPE_CHECKING:
    from crembo_cli.students.scored.weights import WeightsStudent

MOST_BARS = 40  # features that are drawn
SIZE, ROW, BAR, SPAN, MARGIN = 12.0, 26.0, 14.0, 420.0, 14.0  # pixels
LETTERS = 36  # of a feature's name


def bars_as_svg(explained: ReadableStudent) -> str:
    """Return the bar chart as an SVG document."""
    return svg_document(draw_bars(explained))


def bars_as_png(explained: ReadableStudent) -> bytes:
    """Return the bar chart as a PNG image."""
    return png_image(draw_bars(explained))


def draw_bars(explained: ReadableStudent) -> Picture:
    """A bar for each feature and class: what one standard deviation adds to the score.

    Of two classes there is one bar: for the second class if it goes right, for the first if left.
    """
    names, weights = weights_per_deviation(explained)
    classes, binary = explained.class_names(), len(explained.classes) == 2
    if binary:
        weights = weights[:, 1:] - weights[:, :1]
    order = np.argsort(-np.abs(weights).max(axis=1), kind="stable")[:MOST_BARS]
    most = max(float(np.abs(weights).max()), 1e-12)
    shown = [_cut(names[j]) for j in order]
    left = MARGIN + max([text_width(name, SIZE) for name in shown], default=0.0) + 12
    middle, high = left + SPAN / 2, max(ROW, BAR * weights.shape[1] + 8)
    top = MARGIN + 2.6 * SIZE
    groups = [_heading(explained, middle, binary)]
    for k, j in enumerate(order):
        y = top + high * (k + 0.5)
        parts: list[Box | Line | Words] = [
            Words(x=left - 10, y=y, text=shown[k], size=SIZE, align="right")
        ]
        titles = []
        for c, weight in enumerate(weights[j].tolist()):
            class_ = (1 if weight >= 0 else 0) if binary else c
            length = SPAN / 2 * abs(weight) / most
            begin = middle if weight >= 0 else middle - length
            at = y - BAR * weights.shape[1] / 2 + BAR * c
            parts.append(
                Box(
                    x=begin,
                    y=at + 1,
                    width=max(length, 0.5),
                    height=BAR - 2,
                    fill=class_colour(class_),
                )
            )
            end = begin + length + 5 if weight >= 0 else begin - 5
            align = "left" if weight >= 0 else "right"
            text = f"{weight:+.2f}"
            parts.append(Words(x=end, y=at + BAR / 2, text=text, size=10, align=align))
            titles.append(f"{classes[1] if binary else classes[c]} {weight:+.4g}")
        groups.append(Group(parts=tuple(parts), title=f"{names[j]}: {', '.join(titles)}"))
    bottom = top + high * len(order)
    axis = Line(points=((middle, top), (middle, bottom)))
    groups.append(Group(parts=(axis,)))
    left_out = len(names) - len(order)
    note = f"{left_out} weaker features are not drawn. " * (left_out > 0)
    note += "Score per standard deviation; categories as their numbers, in order."
    groups.append(
        Group(parts=(Words(x=MARGIN, y=bottom + 18, text=note, size=10.5, colour="muted"),))
    )
    width = max(left + SPAN + 60, MARGIN * 2 + text_width(note, 10.5))
    return Picture(
        width=width, height=bottom + 34, groups=tuple(groups), name=f"{explained.name}, its weights"
    )


def weights_per_deviation(explained: ReadableStudent) -> tuple[list[str], Doubles]:
    """The names of the columns, and what a standard deviation of each adds, float64 (D, c)."""
    student = cast("WeightsStudent", explained.student)
    names = [feature.name for feature in explained.features]
    spread = np.ones(len(student.weights))
    for j, feature in enumerate(explained.features):
        if feature.categories:  # of evenly frequent codes
            spread[j] = np.sqrt((len(feature.categories) ** 2 - 1) / 12)
        elif explained.units is not None:
            spread[j] = explained.units[j]
    names += [f"{names[j]} missing" for j in student.columns.missing.tolist()]
    return names, student.weights.astype(np.float64) * spread[:, None]


def _heading(explained: ReadableStudent, middle: float, binary: bool) -> Group:
    names = explained.class_names()
    y = MARGIN + SIZE / 2
    if binary:
        return Group(
            parts=(
                Words(x=middle - 8, y=y, text=f"\u2190 {names[0]}", size=SIZE, align="right"),
                Words(x=middle + 8, y=y, text=f"{names[1]} \u2192", size=SIZE),
            )
        )
    parts: list[Box | Words] = []
    x = MARGIN
    for k, name in enumerate(names):
        parts.append(Box(x=x, y=y - 5, width=10, height=10, fill=class_colour(k)))
        parts.append(Words(x=x + 15, y=y, text=name, size=SIZE))
        x += text_width(name, SIZE) + 32
    return Group(parts=tuple(parts))


def _cut(text: str) -> str:
    return text if len(text) <= LETTERS else f"{text[: LETTERS - 1]}\u2026"
