"""Names and labels in a message: the first few, and how many more."""

from __future__ import annotations

from collections.abc import Sequence


def listed(items: Sequence[object], most: int = 8) -> str:
    """The `repr` of the first `most` items, and the number of the others."""
    shown = ", ".join(repr(item) for item in items[:most])
    return shown + (f" and {len(items) - most} more" if len(items) > most else "")
