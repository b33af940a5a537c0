"""How a sentence of the contract is said to have failed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


def keep(kept: bool, sentence: str, found: object) -> None:
    """Raise AssertionError with the `sentence` and what was `found`, unless it was `kept`."""
    if not kept:
        raise AssertionError(f"{sentence}; found {found}")


@contextmanager
def told(where: str) -> Iterator[None]:
    """Say `where` before a failed sentence, and in a note on any other error."""
    try:
        yield
    except AssertionError as failed:
        raise AssertionError(f"{where}: {failed}") from failed.__cause__
    except Exception as error:
        error.add_note(f"while checking {where}")
        raise
