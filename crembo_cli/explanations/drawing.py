"""A tree drawn from left to right, which stays readable to tree depth 6 and beyond."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

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
from crembo_cli.students.tree.model import Tree
from crembo_cli.students.tree.text import conditions

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


MOST_LEAVES = 512  # a drawing of more would be metres long
MOST = 24  # characters on a line of a box
SHORT = 16  # characters of a question that stands on one line
BAR = 0.8  # inches: the bar of shares right of a leaf
MARGIN = 0.15  # inches


def tree_as_svg(explained: ReadableStudent, most_leaves: int = MOST_LEAVES) -> str:
    """Return the drawn tree as an SVG document. Raises StudentError for too many leaves."""
    return svg_of(_draw_on_white(explained, most_leaves), "tree")


def tree_as_png(explained: ReadableStudent, most_leaves: int = MOST_LEAVES) -> bytes:
    """Return the drawn tree as a PNG image. Raises StudentError for too many leaves."""
    return png_of(_draw_on_white(explained, most_leaves))


def _draw_on_white(explained: ReadableStudent, most_leaves: int) -> Figure:
    tree = cast("Tree", explained.student)
    leaves = tree.size()["leaves"]
    if leaves > most_leaves:
        raise StudentError(
            "the tree is too large to draw",
            where=explained.name,
            found=f"{leaves} leaves",
            wanted=f"at most {most_leaves}",
            hint="use --format text, or --format dot for a drawing program",
        )
    return draw_tree(explained, tree, ON_WHITE)


def draw_tree(explained: ReadableStudent, tree: Tree, colours: Colours) -> Figure:
    """Boxes with conditions; up means yes, down means no. Leaves show probabilities."""
    from matplotlib.figure import Figure

    texts = [_text(explained, tree, v) for v in range(len(tree.feature))]
    layout = lay_out(tree, texts)
    width = layout.size[0] + BAR + 0.1 + 2 * MARGIN
    height = layout.size[1] + 2 * MARGIN
    figure = Figure(figsize=(width, height), facecolor=colours.paper)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(-MARGIN, width - MARGIN), ylim=(height - MARGIN, -MARGIN))
    axes.axis("off")
    for v, text in enumerate(texts):
        if tree.left[v] == v:
            _draw_leaf(axes, tree, v, text, layout, colours)
        else:
            _draw_split(axes, explained, tree, v, text, layout, colours)
    return figure


def _text(explained: ReadableStudent, tree: Tree, v: int) -> list[str]:
    """The lines in the box of a node: three at most, each cut to what fits."""
    if tree.left[v] == v:
        label = int(tree.label[v])
        return [f"{_cut(explained.class_names()[label])} {tree.probabilities[v, label]:.2f}"]
    feature = explained.features[int(tree.feature[v])]
    condition = conditions(*tree.split(v), feature)[0].removesuffix(" or missing")
    if not condition.startswith(feature.name):
        return [condition]  # always, or never
    name = printable(feature.name)
    rest = printable(condition.removeprefix(feature.name).strip()).replace("<=", "\u2264", 1)
    if len(name) + len(rest) < SHORT:
        return [f"{name} {rest}"]
    lines = wrap(rest, MOST, break_on_hyphens=False)
    if len(lines) > 2:
        lines = [lines[0], f"{lines[1][: MOST - 2]}\u2026{rest[-1]}"]
    return [_cut(name), *lines]


def _cut(text: str) -> str:
    """A name that fits on a line: its middle is left out, as ends tell long names apart."""
    text = printable(text)
    end = (MOST - 1) // 2
    return text if len(text) <= MOST else f"{text[: MOST - 1 - end]}\u2026{text[-end:]}"


def _draw_split(
    axes: Axes,
    explained: ReadableStudent,
    tree: Tree,
    v: int,
    text: list[str],
    layout: Layout,
    colours: Colours,
) -> None:
    x, y, width = layout.x[v], layout.y[v], layout.width[v]
    _box(axes, layout, v, edge=colours.muted, face="none", alpha=1.0)
    for k, line in enumerate(text):
        at = y + LINE * (k - (len(text) - 1) / 2)
        axes.text(x + width / 2, at, line, **text_style(ha="center", color=colours.ink))
    may_miss = explained.features[int(tree.feature[v])].missing
    missing_left = bool(tree.missing_left[v])
    for child, word, takes_missing in (
        (tree.left[v], "yes", missing_left),
        (tree.right[v], "no", not missing_left),
    ):
        end = layout.y[child]
        turn = x + width + GAP * 0.18
        axes.plot(
            [x + width, turn, turn, layout.x[child]], [y, y, end, end], color=colours.muted, lw=1
        )
        small = text_style(fontsize=7, color=colours.muted)
        axes.text(turn + 0.05, end - 0.07, word, **small)
        if may_miss and takes_missing:
            axes.text(turn + 0.05, end + 0.07, "missing", **small)


def _draw_leaf(
    axes: Axes, tree: Tree, v: int, text: list[str], layout: Layout, colours: Colours
) -> None:
    from matplotlib.patches import Rectangle

    x, y, width = layout.x[v], layout.y[v], layout.width[v]
    colour = class_colour(int(tree.label[v]))
    _box(axes, layout, v, edge=colour, face=colour, alpha=0.25)
    axes.text(x + width / 2, y, text[0], **text_style(ha="center", color=colours.ink))
    begin = x + width + 0.1
    for k, share in enumerate(tree.probabilities[v].tolist()):
        bar = Rectangle((begin, y - 0.05), BAR * share, 0.1, color=class_colour(k), lw=0)
        axes.add_patch(bar)
        begin += BAR * share


def _box(axes: Axes, layout: Layout, v: int, *, edge: str, face: str, alpha: float) -> None:
    from matplotlib.patches import FancyBboxPatch

    width, height = float(layout.width[v]), float(layout.height[v])
    corner = (float(layout.x[v]), float(layout.y[v]) - height / 2)
    style = "round,pad=0,rounding_size=0.06"
    for facecolor, edgecolor, opacity in ((face, "none", alpha), ("none", edge, 1.0)):
        axes.add_patch(
            FancyBboxPatch(
                corner,
                width,
                height,
                boxstyle=style,
                fc=facecolor,
                ec=edgecolor,
                alpha=opacity,
                lw=1,
            )
        )


Doubles = NDArray[np.float64]

ROW = 0.36  # inches from leaf to leaf
CHARACTER = 0.076  # inches: a wide one of the font that is used
LINE = 0.15  # inches from line to line of a node's text
PAD = 0.22  # inches beside it
ABOVE = 0.055  # inches above and below it
GAP = 0.66  # inches between two levels, for the branches and their words


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Places in inches from the upper left corner."""

    x: Doubles  # (m,) left side of each node
    y: Doubles  # (m,) middle of each node
    width: Doubles  # (m,) of each node's box
    height: Doubles  # (m,) of each node's box
    size: tuple[float, float]  # of the whole, width and height


def lay_out(tree: Tree, texts: Sequence[Sequence[str]]) -> Layout:
    """Places for the nodes of `tree`, whose boxes hold the lines `texts` (m,).

    A leaf has one line. A split has room for three: what stands above or below it is a row and
    a half away.
    """
    m = len(tree.feature)
    level = tree.node_depths()
    wide = np.array([CHARACTER * max(map(len, lines)) + PAD for lines in texts])
    height = np.array([LINE * len(lines) + 2 * ABOVE for lines in texts])
    columns = [float(wide[level == k].max()) for k in range(int(level.max()) + 1)]
    begins = np.concatenate([[0.0], np.cumsum([column + GAP for column in columns])])
    y = np.zeros(m)
    leaves = _leaves_from_above(tree)
    y[leaves] = ROW * (np.arange(len(leaves)) + 0.5)
    for v in np.flatnonzero(~tree.is_leaf())[::-1]:
        y[v] = (y[tree.left[v]] + y[tree.right[v]]) / 2
    width = np.where(tree.is_leaf(), wide[leaves].max(), np.array(columns)[level])
    x = begins[level]
    size = float((x + width).max()), max(ROW * len(leaves), float(height.max()))
    return Layout(x=x, y=y, width=width, height=height, size=size)


def _leaves_from_above(tree: Tree) -> list[int]:
    """The leaves in the order in which they are drawn: what goes left stands above."""
    leaves, waiting = [], [0]
    while waiting:
        v = waiting.pop()
        if tree.left[v] == v:
            leaves.append(v)
        else:
            waiting += [int(tree.right[v]), int(tree.left[v])]
    return leaves
