"""Pictures of boxes, bars, lines and words in pixels, as SVG with real text and as PNG."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

from crembo_cli.errors import printable
from crembo_cli.explanations.figure import ON_WHITE, plain_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PIXELS = 96  # of a picture, per inch
DOTS = 144  # of a PNG, per inch
WIDE = 0.62  # the width of a usual letter of the font, as a share of its size
FONT = "'DejaVu Sans', Verdana, sans-serif"
ANCHORS = {"left": "start", "center": "middle", "right": "end"}


@dataclass(frozen=True, kw_only=True)
class Box:
    """A rectangle. Colours are those of a class, or "ink", "muted" or "none"."""

    x: float
    y: float
    width: float
    height: float
    fill: str = "none"
    edge: str = "none"
    opacity: float = 1.0  # of the fill
    round: float = 0.0  # radius of the corners


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line through points."""

    points: tuple[tuple[float, float], ...]
    colour: str = "muted"
    width: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Words:
    """One line of text; y is its middle."""

    x: float
    y: float
    text: str
    size: float
    align: str = "left"  # or center, right
    colour: str = "ink"
    bold: bool = False


@dataclass(frozen=True, kw_only=True)
class Group:
    """Parts that belong together, with a title on hover and, for scripts, attributes."""

    parts: tuple[Box | Line | Words, ...]
    title: str = ""
    data: dict[str, str | float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Picture:
    """Groups over an area of `width` times `height` pixels."""

    width: float
    height: float
    groups: tuple[Group, ...]
    name: str  # what a screen reader calls it


def text_width(text: str, size: float) -> float:
    """The room that `text` takes, in pixels; about, as fonts differ."""
    return WIDE * size * len(text)


def svg_element(picture: Picture) -> str:
    """The <svg> element for a page that has the colours --ink and --muted."""
    return "".join(_svg(picture, {"ink": "var(--ink)", "muted": "var(--muted)"}))


def svg_document(picture: Picture) -> str:
    """An SVG document of its own, on white."""
    colours = {"ink": ON_WHITE.ink, "muted": ON_WHITE.muted}
    return '<?xml version="1.0" encoding="utf-8"?>\n' + "".join(_svg(picture, colours))


def png_image(picture: Picture) -> bytes:
    """A PNG image, on white."""
    from matplotlib.figure import Figure

    size = picture.width / PIXELS, picture.height / PIXELS
    figure = Figure(figsize=size, facecolor=ON_WHITE.paper, dpi=DOTS)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, picture.width), ylim=(picture.height, 0))
    axes.axis("off")
    for group in picture.groups:
        for part in group.parts:
            _paint(axes, part)
    with plain_style("png"):
        out = io.BytesIO()
        figure.savefig(out, format="png", dpi=DOTS, metadata={"Software": None})
    return out.getvalue()


def _svg(picture: Picture, colours: dict[str, str]) -> Iterator[str]:
    width, height = f"{picture.width:.0f}", f"{picture.height:.0f}"
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img" font-family="{FONT}">'
        f"<title>{_text(picture.name)}</title>"
    )
    if colours["ink"] == ON_WHITE.ink:
        yield f'<rect width="{width}" height="{height}" fill="{ON_WHITE.paper}"/>'
    for group in picture.groups:
        data = "".join(f' data-{key}="{_text(_short(v))}"' for key, v in group.data.items())
        yield f"<g{data}>" + (f"<title>{_text(group.title)}</title>" if group.title else "")
        for part in group.parts:
            yield _svg_part(part, colours)
        yield "</g>"
    yield "</svg>\n"


def _svg_part(part: Box | Line | Words, colours: dict[str, str]) -> str:
    if isinstance(part, Box):
        x, y, width, height = map(_short, (part.x, part.y, part.width, part.height))
        fill, edge = (colours.get(each, each) for each in (part.fill, part.edge))
        more = f' fill-opacity="{part.opacity:g}"' if part.opacity < 1 else ""
        more += f' rx="{part.round:g}"' if part.round else ""
        more += f' stroke="{edge}"' if edge != "none" else ""
        return f'<rect x="{x}" y="{y}" width="{width}" height="{height}" fill="{fill}"{more}/>'
    colour = colours.get(part.colour, part.colour)
    if isinstance(part, Line):
        points = "L".join(f"{_short(x)} {_short(y)}" for x, y in part.points)
        return (
            f'<path d="M{points}" fill="none" stroke="{colour}" stroke-width="{part.width:.2g}"/>'
        )
    more = f' text-anchor="{ANCHORS[part.align]}"' if part.align != "left" else ""
    more += ' font-weight="bold"' if part.bold else ""
    return (
        f'<text x="{_short(part.x)}" y="{_short(part.y + 0.36 * part.size)}" '
        f'font-size="{part.size:g}" fill="{colour}"{more}>{_text(part.text)}</text>'
    )


def _paint(axes: Axes, part: Box | Line | Words) -> None:
    """Draw one part by matplotlib."""
    from matplotlib.patches import FancyBboxPatch

    colours = {"ink": ON_WHITE.ink, "muted": ON_WHITE.muted}
    points = 72 / PIXELS
    if isinstance(part, Box):
        style = f"round,pad=0,rounding_size={part.round}" if part.round else "square,pad=0"
        for face, edge, opacity in (
            (part.fill, "none", part.opacity),
            ("none", part.edge, 1.0),
        ):
            axes.add_patch(
                FancyBboxPatch(
                    (part.x, part.y),
                    part.width,
                    part.height,
                    boxstyle=style,
                    fc=colours.get(face, face),
                    ec=colours.get(edge, edge),
                    alpha=opacity,
                    lw=points,
                )
            )
    elif isinstance(part, Line):
        style_: dict[str, Any] = {"solid_joinstyle": "miter", "solid_capstyle": "butt"}
        xs, ys = zip(*part.points, strict=True)
        colour = colours.get(part.colour, part.colour)
        axes.plot(xs, ys, color=colour, lw=part.width * points, **style_)
    else:
        axes.text(
            part.x,
            part.y,
            printable(part.text),
            ha=part.align,
            va="center_baseline",
            fontsize=part.size * points,
            color=colours.get(part.colour, part.colour),
            fontweight="bold" if part.bold else "normal",
            parse_math=False,
        )


def _short(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:.1f}".removesuffix(".0")


def _text(text: str) -> str:
    return escape("\n".join(printable(line) for line in text.split("\n")), quote=True)
