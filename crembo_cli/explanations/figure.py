"""Figures to SVG and PNG, by matplotlib, the same bytes for the same figure."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Okabe & Ito 2008: distinct for colour-blind readers, visible on white and on black; then three
# more, so that ten digits have ten colours.
CLASS_COLOURS = (
    "#0072b2",
    "#e69f00",
    "#009e73",
    "#cc79a7",
    "#d55e00",
    "#56b4e9",
    "#999999",
    "#8c564b",
    "#b2a429",
    "#7f6fc9",
)
DOTS_PER_INCH = 144


@dataclass(frozen=True, kw_only=True)
class Colours:
    """What differs between a light page and a dark one."""

    ink: str
    muted: str
    paper: str  # "none" where the page's own shows through


ON_WHITE = Colours(ink="#1b1f24", muted="#6b7280", paper="#ffffff")
# Colours that a page replaces by its own: see `add_theme`.
OF_THE_PAGE = Colours(ink="#010203", muted="#040506", paper="none")


def class_colour(k: int) -> str:
    """The colour of class k; with many classes, colours come again."""
    return CLASS_COLOURS[k % len(CLASS_COLOURS)]


def svg_of(figure: Figure, name: str) -> str:
    """`figure` as an SVG document of its own.

    `name` makes the ids in it differ from those of other figures on one page.
    """
    with plain_style(name):
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    own = re.compile(r'( id="|href="#|url\(#)')
    return _in_tags(out.getvalue(), lambda tag: own.sub(rf"\g<1>{name}-", tag))


def png_of(figure: Figure) -> bytes:
    """`figure` as a PNG image."""
    with plain_style("png"):
        out = io.BytesIO()
        figure.savefig(out, format="png", dpi=DOTS_PER_INCH, metadata={"Software": None})
    return out.getvalue()


def add_theme(svg: str, **more: str) -> str:
    """The SVG element to stand in a page that has the colours --ink and --muted.

    `more` are further colours of the page: the variable's name, and what stands for it here.
    """
    colours = {"ink": OF_THE_PAGE.ink, "muted": OF_THE_PAGE.muted, **more}

    def with_variables(tag: str) -> str:
        for name, colour in colours.items():
            tag = tag.replace(colour, f"var(--{name})")
        return tag

    return _in_tags(svg[svg.index("<svg") :], with_variables)


def _in_tags(svg: str, change: Callable[[str], str]) -> str:
    """`svg` with its tags changed, and what is written between them as it is."""
    return re.sub(r"<[^>]*>", lambda found: change(found[0]), svg)


def text_style(**more: Any) -> dict[str, Any]:
    """How all text is written: a $ in a feature's name begins no formula."""
    return {"parse_math": False, "va": "center", "fontsize": 9, **more}


@contextmanager
def plain_style(name: str) -> Iterator[None]:
    """Keep text as text, take ids from `name`, and warn of no glyph that a font lacks."""
    import matplotlib

    settings = matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": name})
    with settings, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        yield
