"""A report of any kind, drawn as text or for a terminal."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable

from rich.console import Console

from crembo_cli.terminal import wants_colour

MOST_COLUMNS = 100

Draw = Callable[[Console], None]


def draw_text(draw: Draw, width: int = MOST_COLUMNS) -> str:
    """Draw as plain text, no wider than `width` and MOST_COLUMNS."""
    page = io.StringIO()
    draw(Console(file=page, width=min(width, MOST_COLUMNS), color_system=None))
    return _without_blanks(page.getvalue())


def draw_for_terminal(draw: Draw) -> str:
    """Draw for standard output: as wide as it is, styled if it is a terminal.

    `NO_COLOR` (https://no-color.org) turns all styles off, bold as well as colours.
    """
    styled = wants_colour(sys.stdout)
    # Characters that the screen's encoding lacks are drawn in ASCII, or escaped.
    page = io.TextIOWrapper(io.BytesIO(), sys.stdout.encoding, errors="backslashreplace")
    console = Console(
        file=page,
        width=min(Console().width, MOST_COLUMNS),
        color_system="auto" if styled else None,
        force_terminal=styled,
    )
    draw(console)
    page.seek(0)
    return _without_blanks(page.read())


def _without_blanks(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"
