"""When to write colours and styles."""

from __future__ import annotations

import os
from typing import TextIO


def wants_colour(stream: TextIO) -> bool:
    """Whether text for `stream` has colours and styles: by default, on a terminal.

    `NO_COLOR` (https://no-color.org) turns them off; else `FORCE_COLOR` or `CLICOLOR_FORCE`
    turns them on for files and pipes as well, unless it is 0.
    """
    if os.environ.get("NO_COLOR"):
        return False
    if any(
        os.environ.get(name, "0") not in ("", "0") for name in ("FORCE_COLOR", "CLICOLOR_FORCE")
    ):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"
