"""Draw the parts of a report, of any kind, as text or for a terminal: at most 100 columns."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable

from rich.console import Console, RenderableType

from crembo_cli.terminal import wants_colour

MOST_COLUMNS = 100

Parts = Callable[[int], Iterable[RenderableType]]  # the width -> the parts from the top down


def draw_text(parts: Parts, width: int = MOST_COLUMNS) -> str:
    """Draw as plain text, no wider than `width` and MOST_COLUMNS."""
    page = io.StringIO()
    _draw(parts, Console(file=page, width=width, color_system=None))
    return _without_blanks(page.getvalue())


def draw_for_terminal(parts: Parts) -> str:
    """Draw for standard output: as wide as it is, styled if it is a terminal.

    `NO_COLOR` (https://no-color.org) turns all styles off, bold as well as colours.
    """
    styled = wants_colour(sys.stdout)
    # Characters that the screen's encoding lacks are drawn in ASCII, or escaped.
    page = io.TextIOWrapper(io.BytesIO(), sys.stdout.encoding, errors="backslashreplace")
    console = Console(
        file=page,
        width=Console().width,
        color_system="auto" if styled else None,
        force_terminal=styled,
    )
    _draw(parts, console)
    page.seek(0)
    return _without_blanks(page.read())


def _without_blanks(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


def _draw(parts: Parts, console: Console) -> None:
    width = min(console.width, MOST_COLUMNS)
    for each in parts(width):
        console.print(each, width=width, highlight=False)
