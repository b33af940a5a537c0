"""What a command answers on standard output."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from crembo_cli.errors import OutputError


def print_answer(text: str) -> None:
    """Print `text`, and see to it that it is out; see `answering`."""
    with answering():
        sys.stdout.write(text)
        sys.stdout.flush()


@contextmanager
def answering() -> Iterator[None]:
    """A context that prints on standard output and does nothing else that could fail.

    A reader that has stopped reading is no error, as in `crembo ... | head`. Raises OutputError
    where the answer cannot be written, as on a full disk.
    """
    try:
        yield
    except BrokenPipeError:
        _drop_the_rest()
    except OSError as error:
        _drop_the_rest()
        raise OutputError(
            "the answer cannot be printed", where="standard output", found=error.strerror
        ) from error


def _drop_the_rest() -> None:
    """Let what is still held back go nowhere: Python would try once more when it exits."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
