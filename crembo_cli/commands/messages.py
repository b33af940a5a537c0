"""What a command prints: notes and progress on standard error, the result on standard output."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter
from typing import TYPE_CHECKING

from crembo_cli.errors import OutputError, UsageError, printable

if TYPE_CHECKING:
    from rich.progress import Progress


class Messages:
    """Notes and progress; nothing but errors where the user asked for quiet.

    Notes wait until the work has gone well: where it fails, one line says why and no other.
    Raises UsageError where both less and more was asked for.
    """

    def __init__(self, *, quiet: bool, verbose: bool) -> None:
        if quiet and verbose:
            raise UsageError("say less or say more, not both", found="--quiet and --verbose")
        self._quiet = quiet
        self._verbose = verbose
        self._notes: list[str] = []
        self._progress: Progress | None = None
        self._began = perf_counter()

    def note(self, sentences: Sequence[str]) -> None:
        """Print each sentence on a line of its own when the work is done, unless quiet."""
        self._notes += sentences

    def detail(self, sentence: str) -> None:
        """Print a sentence where the user asked for more."""
        if self._verbose:
            self._print(f"crembo: {perf_counter() - self._began:6.2f} s  {sentence}")

    def stage(self, name: str, steps: int) -> Callable[[int], None]:
        """Begin a stage of `steps` steps (0: not known); call the result with those done so far."""
        self.detail(name)
        if self._progress is None:
            return lambda done: None
        progress = self._progress
        for task in progress.task_ids:
            progress.remove_task(task)
        task = progress.add_task(printable(name), total=steps or None)
        return lambda done: progress.update(task, completed=done)

    def _print(self, line: str) -> None:
        line = printable(line)
        if self._progress is not None:
            self._progress.console.print(
                line, markup=False, emoji=False, highlight=False, soft_wrap=True
            )
        else:
            print(line, file=sys.stderr)  # noqa: T201  # notes are said here and nowhere else

    @contextmanager
    def progress(self) -> Iterator[None]:
        """The time of the work: stages are drawn as a bar, and the notes told if it ends well."""
        with self._bar():
            yield
        if not self._quiet:
            for sentence in self._notes:
                self._print(f"crembo: note: {sentence}")
        self._notes = []

    @contextmanager
    def _bar(self) -> Iterator[None]:
        """Draw stages as a progress bar while the context lasts, on a terminal, unless quiet."""
        if self._quiet or not sys.stderr.isatty():
            yield
            return
        from rich.console import Console
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        with Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=30),
            TimeElapsedColumn(),
            console=Console(
                stderr=True, color_system=None if os.environ.get("NO_COLOR") else "auto"
            ),
            transient=True,
        ) as bar:
            self._progress = bar
            try:
                yield
            finally:
                self._progress = None


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
