"""What a command prints: notes and progress on standard error, the result on standard output."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, TextIO, TypeVar

from crembo_cli.commands.message_style import style_error, style_note
from crembo_cli.errors import (
    GateError,
    OutputError,
    PublishError,
    UsageError,
    escape_controls,
    printable,
)
from crembo_cli.terminal import wants_colour

if TYPE_CHECKING:
    from rich.progress import Progress

    from crembo_cli.report.compare.model import CompareReport
    from crembo_cli.report.model import Report

Published = TypeVar("Published", "Report", "CompareReport")

SUMMARY = "GITHUB_STEP_SUMMARY"  # the file that GitHub Actions shows as a job's summary


class Messages:
    """Notes and progress on standard error; with `quiet`, errors only.

    Notes are printed when the run has succeeded: a failed run prints its error and nothing else.
    Raises UsageError for both `quiet` and `verbose`.
    """

    def __init__(self, *, quiet: bool, verbose: bool, dry_run: bool = False) -> None:
        if quiet and verbose:
            raise UsageError("--quiet and --verbose are mutually exclusive")
        self._quiet = quiet
        self._verbose = verbose
        self._dry_run = dry_run
        self._plan: dict[str, str] = {}
        self._stages: list[tuple[str, float]] = []  # names and when they began
        self._notes: list[str] = []
        self._progress: Progress | None = None
        self._began = perf_counter()

    def note(self, sentences: Sequence[str]) -> None:
        """Print each new sentence on a line of its own when the run has succeeded."""
        self._notes += [each for each in dict.fromkeys(sentences) if each not in self._notes]

    def _log(self, sentence: str) -> None:
        """Print a sentence with the seconds since the start, with `verbose`."""
        if self._verbose:
            self._print(f"crembo: {perf_counter() - self._began:6.2f} s  {sentence}")

    def stage(self, name: str, steps: int) -> Callable[[int], None]:
        """Begin a stage of `steps` steps (0: unknown); call the result with the steps done."""
        self._log(name)
        self._stages.append((name, perf_counter()))
        if self._progress is None:
            return lambda done: None
        progress = self._progress
        for task in progress.task_ids:
            progress.remove_task(task)
        task = progress.add_task(
            printable(name), total=steps or None, unit="rows" if f"{steps:,} " in name else "steps"
        )
        return lambda done: progress.update(task, completed=done)

    def plan(self, lines: Mapping[str, str], *, ready: bool = False) -> None:
        """Keep what the run will do; in a dry run, print it when all is `ready`, and end.

        Raises typer.Exit then.
        """
        self._plan |= lines
        if not (ready and self._dry_run):
            return
        import typer

        for sentence in self._notes:
            self._print(f"crembo: note: {sentence}")
        print_answer("".join(f"{name + ':':10} {text}\n" for name, text in self._plan.items()))
        self._print("crembo: dry run: nothing was queried, fitted or written")
        raise typer.Exit

    def _log_seconds(self) -> None:
        """Print how long each stage took, with `verbose`."""
        ends = [*(began for _, began in self._stages[1:]), perf_counter()]
        pairs = zip(self._stages, ends, strict=False)  # a run may have no stages
        self._log("seconds: " + "; ".join(f"{name} {end - at:.2f}" for (name, at), end in pairs))

    def _print(self, line: str) -> None:
        line = printable(line)
        if self._progress is not None:
            self._progress.console.print(
                line, markup=False, emoji=False, highlight=False, soft_wrap=True
            )
        else:
            print_line(style_note(line))

    @contextmanager
    def progress(self) -> Iterator[None]:
        """Draw stages as a progress bar while the run lasts; then print the notes."""
        with self._bar():
            yield
        self._log_seconds()
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
        from crembo_cli.commands.progress_bar import make_bar

        with make_bar(colour=wants_colour(sys.stderr)) as bar:
            self._progress = bar
            try:
                yield
            finally:
                self._progress = None


def print_message(line: str) -> None:
    """Print a note or a remark of a command, on standard error."""
    print_line(style_note(f"crembo: {printable(line)}"))


def print_error(line: str) -> None:
    """Print why a command ended, on standard error."""
    print_line(style_error(f"crembo: {printable(line)}"))


def print_line(line: str) -> None:
    """Print a line on standard error; where that fails nothing else does.

    The exit code must not depend on whether anybody reads standard error.
    """
    try:
        print(line, file=sys.stderr, flush=True)  # noqa: T201  # the one place that prints there
    except OSError:
        _discard(sys.stderr)


def print_answer(text: str, *, styled: bool = False) -> None:
    """Print `text` on standard output and flush it; see `answering`.

    Control characters in it are escaped unless it is `styled`: names in an untrusted file must
    not reach a terminal as commands, be it now or when somebody reads a log. On a terminal all
    characters that it cannot show are.
    """
    if not styled and sys.stdout.isatty():
        text = "\n".join(printable(line) for line in text.split("\n"))
    elif not styled:
        text = escape_controls(text)
    with answering():
        sys.stdout.write(text)
        sys.stdout.flush()


@contextmanager
def answering() -> Iterator[None]:
    """A context for printing on standard output.

    A closed pipe is not an error, as in `crembo ... | head`. Raises OutputError where the
    result cannot be written, as on a full disk.
    """
    try:
        yield
    except BrokenPipeError:
        _discard(sys.stdout)
    except OSError as error:
        _discard(sys.stdout)
        raise OutputError(
            "the result cannot be printed", where="standard output", found=error.strerror
        ) from error


def _discard(stream: TextIO) -> None:
    """Discard buffered output, which Python would try to write again when it exits."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def publish(report: Report, *, as_json: bool, quiet: bool, details: bool) -> None:
    """Print the report of a run, then raise GateError where a requirement was not met.

    Standard output gets JSON with `as_json`, nothing with `quiet`, else the drawing, with
    `details` or on one screen. In a job of
    GitHub Actions the Markdown report is appended to the job's summary. Raises PublishError
    where one of the two cannot be written: the outputs are written by now.
    """
    from crembo_cli.report.gates import raise_for_gates

    def draw() -> str:
        from crembo_cli.report.console import render_terminal

        return render_terminal(report, details=details)

    _publish(report, draw, raise_for_gates, as_json=as_json, quiet=quiet)


def publish_comparison(report: CompareReport, *, as_json: bool, quiet: bool) -> None:
    """Print the report of two students, as `publish` does that of one."""
    from crembo_cli.report.compare.gates import raise_for_compare_gates

    def draw() -> str:
        from crembo_cli.report.compare.console import render_terminal

        return render_terminal(report)

    _publish(report, draw, raise_for_compare_gates, as_json=as_json, quiet=quiet)


def _publish(
    report: Published,
    draw: Callable[[], str],
    raise_for_gates: Callable[[Published], None],
    *,
    as_json: bool,
    quiet: bool,
) -> None:
    shown = False
    try:
        with outputs_written():
            _append_summary(report)
            if as_json:
                print_answer(report.to_json())
            elif not quiet:
                print_answer(draw(), styled=True)
                shown = sys.stdout.isatty() and sys.stderr.isatty()
    finally:
        try:
            raise_for_gates(report)
        except GateError as error:
            if shown:  # the reader has it on the screen, with its value
                raise GateError("a requirement was not met, see above") from error
            raise


@contextmanager
def outputs_written() -> Iterator[None]:
    """Say, where the result cannot be printed, that the outputs of the run are written."""
    try:
        yield
    except OutputError as error:
        raise PublishError(str(error), hint="the outputs of the run are written") from error


def check_summary() -> None:
    """Raise OutputError where the job's summary cannot be written, before the run begins."""
    path = os.environ.get(SUMMARY)
    if path:
        with _summary_errors(path), Path(path).open("ab"):
            pass


def _append_summary(report: Report | CompareReport) -> None:
    """Append the Markdown report to the file that GITHUB_STEP_SUMMARY names, where it is set."""
    path = os.environ.get(SUMMARY)
    if not path:
        return
    from crembo_cli.runs.options import render_bytes

    with _summary_errors(path), Path(path).open("ab") as file:
        file.write(render_bytes(report, ".md") + b"\n")


@contextmanager
def _summary_errors(path: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(
            "the summary cannot be written",
            where=f"{SUMMARY}={path}",
            found=error.strerror,
            hint=f"unset {SUMMARY} outside of GitHub Actions",
        ) from error
