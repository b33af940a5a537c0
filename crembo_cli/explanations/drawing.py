"""A tree drawn from left to right, a column for each level, which fits a page to tree depth 8."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from textwrap import wrap
from typing import cast

from crembo_cli.errors import StudentError
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
from crembo_cli.explanations.tree_view import NodeView, TreeView, leaves_from_above, view_tree
from crembo_cli.student_file.metadata import ReadableStudent
from crembo_cli.students.tree.model import Tree

MOST_LEAVES = 512  # a drawing of more would be metres long
MARGIN = 12.0  # pixels
STRIP = 4.0  # pixels: the shares of the classes under a split's words
BAR = 64.0  # pixels: the shares of the classes right of a leaf
WIDEST = 7.0  # pixels: a branch that all rows take
LEGEND_LINES = 3  # of one list of categories


@dataclass(frozen=True, kw_only=True)
class Style:
    """Sizes in pixels; deeper trees have smaller ones."""

    letters: int  # on a line of a box
    font: float
    row: float  # from leaf to leaf
    gap: float  # between two levels, for the branches and their words

    @property
    def line(self) -> float:
        """From line to line in a box."""
        return 1.25 * self.font


STYLES = (  # by tree depth: the first up to 4, the second up to 6
    (4, Style(letters=24, font=12.5, row=34, gap=74)),
    (6, Style(letters=19, font=11.5, row=30, gap=64)),
    (99, Style(letters=16, font=10.5, row=27, gap=56)),
)


@dataclass(frozen=True, kw_only=True)
class Place:
    """The box of a node, in pixels; y is its middle."""

    x: float
    y: float
    width: float
    height: float


def tree_as_svg(
    explained: ReadableStudent, max_levels: int | None = None, most_leaves: int = MOST_LEAVES
) -> str:
    """Return the drawn tree as an SVG document. Raises StudentError for too many leaves."""
    return svg_document(_checked(explained, max_levels, most_leaves))


def tree_as_png(
    explained: ReadableStudent, max_levels: int | None = None, most_leaves: int = MOST_LEAVES
) -> bytes:
    """Return the drawn tree as a PNG image. Raises StudentError for too many leaves."""
    return png_image(_checked(explained, max_levels, most_leaves))


def _checked(explained: ReadableStudent, max_levels: int | None, most_leaves: int) -> Picture:
    tree = cast("Tree", explained.student)
    view = view_tree(explained, tree, letters=16, max_levels=max_levels)
    leaves = sum(1 for _ in leaves_from_above(view))
    if leaves > most_leaves:
        raise StudentError(
            "the tree is too large to draw",
            where=explained.name,
            found=f"{leaves} leaves",
            wanted=f"at most {most_leaves}",
            hint="use --max-levels, --format text, or --format dot for a drawing program",
        )
    return draw_tree(explained, tree, max_levels=max_levels)


def style_of(tree: Tree, max_levels: int | None = None) -> Style:
    """The sizes for a tree of that depth."""
    depth = tree.size()["tree_depth"]
    depth = depth if max_levels is None else min(depth, max_levels)
    return next(style for most, style in STYLES if depth <= most)


def draw_tree(
    explained: ReadableStudent, tree: Tree, *, max_levels: int | None = None, legend: bool = True
) -> Picture:
    """Boxes with conditions; up means yes, down means no.

    A branch is as wide as its share of the training rows; a strip under a split and a bar right
    of a leaf show the shares of the classes. With `legend`, long lists of categories and the
    colours of the classes stand below.
    """
    style = style_of(tree, max_levels)
    view = view_tree(explained, tree, letters=style.letters, max_levels=max_levels)
    places = lay_out(view, style)
    width = max(each.x + each.width for each in places.values()) + BAR + 8 + MARGIN
    bottom = max(each.y + each.height / 2 for each in places.values()) + MARGIN
    groups = [Group(parts=tuple(_branches(view, places, style)))]
    groups += [_draw_node(each, view, places, style) for each in view.nodes.values()]
    if legend:
        words = list(_legend(explained, view, style, width, bottom))
        groups.append(Group(parts=tuple(words)))
        bottom = max(part.y for part in words) + style.line
    return Picture(
        width=width,
        height=bottom,
        groups=tuple(groups),
        name=f"{explained.name}, a tree with {tree.size()['leaves']} leaves",
    )


def lay_out(view: TreeView, style: Style) -> dict[int, Place]:
    """The place of each node: a row for each leaf, a column for each level."""
    nodes = view.nodes
    wide = {
        v: max(text_width(line, style.font) for line in each.lines) + 14
        for v, each in nodes.items()
    }
    high = {
        v: style.line * len(each.lines) + 7 + (STRIP + 2 if each.children and each.classes else 0)
        for v, each in nodes.items()
    }
    columns = [0.0] * (max(each.level for each in nodes.values()) + 1)
    leaves = columns.copy()  # narrower than splits, and as wide as each other: their bars align
    for v, each in nodes.items():
        columns[each.level] = max(columns[each.level], wide[v])
        if not each.children:
            leaves[each.level] = max(leaves[each.level], wide[v])
    begins = [MARGIN + sum(columns[:k]) + k * style.gap for k in range(len(columns))]
    y: dict[int, float] = {}
    below = MARGIN
    for v in leaves_from_above(view):
        row = max(style.row, high[v] + 4)
        y[v] = below + row / 2
        below += row
    for v in reversed(list(nodes)):
        children = nodes[v].children
        if children:
            y[v] = (y[children[0]] + y[children[1]]) / 2
    top = min(y[v] - high[v] / 2 for v in nodes)
    down = max(MARGIN - top, 0.0)
    return {
        v: Place(
            x=begins[each.level],
            y=y[v] + down,
            width=(columns if each.children else leaves)[each.level],
            height=high[v],
        )
        for v, each in nodes.items()
    }


def _branches(view: TreeView, places: dict[int, Place], style: Style) -> Iterator[Line]:
    for v, each in view.nodes.items():
        if v:
            parent, place = places[each.parent], places[v]
            turn = parent.x + parent.width + style.gap * 0.2
            share = 0.15 if each.share is None else each.share
            yield Line(
                points=(
                    (parent.x + parent.width, parent.y),
                    (turn, parent.y),
                    (turn, place.y),
                    (place.x, place.y),
                ),
                width=max(WIDEST * share, 0.7),
            )


def _draw_node(node: NodeView, view: TreeView, places: dict[int, Place], style: Style) -> Group:
    place = places[node.node]
    top = place.y - place.height / 2
    parts: list[Box | Line | Words] = []
    if node.node:
        parts += _answers(node, places, style)
    colour = "muted" if node.label is None else class_colour(node.label)
    box = Box(x=place.x, y=top, width=place.width, height=place.height, edge=colour, round=5)
    if node.folded:  # a second edge behind the first: there is more
        parts.append(replace(box, x=place.x + 4, y=top + 4))
    parts.append(replace(box, fill="none" if node.label is None else colour, opacity=0.25))
    middle = place.x + place.width / 2
    for k, line in enumerate(node.lines):
        y = top + 3.5 + style.line * (k + 0.5)
        parts.append(Words(x=middle, y=y, text=line, size=style.font, align="center"))
    if node.children:
        inner = place.width - 12
        parts += _shares(node, place.x + 6, place.y + place.height / 2 - STRIP - 4, inner, STRIP)
    else:
        parts += _shares(node, place.x + place.width + 8, place.y - 5, BAR, 10)
    return Group(
        parts=tuple(parts),
        title=node.title,
        data={
            "node": str(node.node),
            "parent": str(node.parent),
            "x": place.x,
            "y": place.y,
            "width": place.width,
            "height": place.height,
            "share": f"{node.share or 0:.4f}",
        },
    )


def _answers(node: NodeView, places: dict[int, Place], style: Style) -> Iterator[Words]:
    """The words on the branch to a node: yes or no, its share of the rows, and missing."""
    parent, place = places[node.parent], places[node.node]
    begin = parent.x + parent.width + style.gap * 0.2
    wide = 0 if node.share is None else WIDEST * node.share / 2
    size = 0.8 * style.font
    share = "" if node.share is None else f" {_percent(node.share)}"
    up, down = place.y - wide - 0.6 * size - 1, place.y + wide + 0.6 * size + 1
    yield Words(
        x=begin + 4 + wide / 2, y=up, text=f"{node.answer}{share}", size=size, colour="muted"
    )
    if node.missing:
        yield Words(x=begin + 4 + wide / 2, y=down, text="missing", size=size, colour="muted")


def _percent(share: float) -> str:
    return "<1%" if 0 < share < 0.005 else f"{share:.0%}"


def _shares(node: NodeView, x: float, y: float, width: float, height: float) -> Iterator[Box]:
    for k, share in enumerate(node.classes):
        if share * width >= 0.3:
            yield Box(x=x, y=y, width=width * share, height=height, fill=class_colour(k))
        x += width * share


def _legend(
    explained: ReadableStudent, view: TreeView, style: Style, width: float, top: float
) -> Iterator[Box | Words]:
    """The colours of the classes, then long lists of categories and the star."""
    size, x, y = style.font, MARGIN, top + style.line
    for k, name in enumerate(explained.class_names()):
        room = text_width(name, size) + 30
        if x > MARGIN and x + room > width - MARGIN:
            x, y = MARGIN, y + 1.4 * style.line
        yield Box(x=x, y=y - 5, width=10, height=10, fill=class_colour(k))
        yield Words(x=x + 15, y=y, text=name, size=size)
        x += room
    y += 0.4 * style.line
    letters = max(int((width - 2 * MARGIN) / text_width("x", size)), 20)
    for note in view.notes:
        lines = wrap(note, letters, subsequent_indent="    ", break_on_hyphens=False)
        if len(lines) > LEGEND_LINES:
            lines = [*lines[: LEGEND_LINES - 1], f"{lines[LEGEND_LINES - 1][: letters - 2]} \u2026"]
        for line in lines:
            y += style.line
            indent = len(line) - len(line.lstrip())
            yield Words(x=MARGIN + 5 * indent, y=y, text=line.strip(), size=size, colour="muted")
