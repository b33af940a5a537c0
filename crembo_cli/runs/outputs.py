"""Check the output paths before a run, and render the report into them after it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from crembo_cli.commands.messages import print_answer
from crembo_cli.errors import OutputError, UsageError
from crembo_cli.files import check_output

if TYPE_CHECKING:
    from crembo_cli.report.model import Report


STUDENT = (".onnx",)
REPORTS = (".json", ".html", ".md")


def check_outputs(
    student: Path | None, reports: Sequence[Path], inputs: Sequence[str | None]
) -> None:
    """Refuse outputs that could not be written, before an hour is spent.

    `student` is None where none is written. `inputs` are the paths of what is read, None and "-"
    among them. Raises UsageError for a kind
    of file that is not written and for a path that comes twice, OutputError as `check_output`.
    """
    files = [Path(path) for path in inputs if path not in (None, "-")]
    if student is not None:
        _check_kind("--output", student, STUDENT)
    for path in reports:
        _check_kind("--report", path, REPORTS)
    outputs = [*([] if student is None else [student]), *reports]
    for number, path in enumerate(outputs):
        check_output(path, files)
        if path.resolve() in [other.resolve() for other in outputs[:number]]:
            raise UsageError("two outputs have the same path", where=str(path))


def _check_kind(option: str, path: Path, kinds: Sequence[str]) -> None:
    if path.suffix.lower() not in kinds:
        raise UsageError(
            "no such kind of file is written",
            where=option,
            found=repr(str(path)),
            wanted=f"a path that ends in {' or '.join(kinds)}",
        )


SUMMARY = "GITHUB_STEP_SUMMARY"  # the file that a job of GitHub Actions shows as its summary


def report_files(report: Report, paths: Sequence[Path]) -> dict[Path, bytes]:
    """What belongs into each of `paths`, by what its name ends in: see `outputs.REPORTS`."""
    return {path: _content(report, path.suffix.lower()) for path in paths}


def _content(report: Report, suffix: str) -> bytes:
    if suffix == ".html":
        from crembo_cli.report.html import html

        return html(report).encode(errors="replace")
    if suffix == ".md":
        from crembo_cli.report.markdown import markdown

        return markdown(report).encode(errors="replace")
    from crembo_cli.report.as_json import json_text

    return json_text(report).encode()


def add_to_summary(report: Report) -> None:
    """Append the Markdown report to the file that GITHUB_STEP_SUMMARY names, where it is set.

    Raises OutputError where it cannot be written.
    """
    path = os.environ.get(SUMMARY)
    if not path:
        return
    try:
        with Path(path).open("ab") as file:
            file.write(_content(report, ".md") + b"\n")
    except OSError as error:
        raise OutputError(
            "the summary cannot be written",
            where=f"{SUMMARY}={path}",
            found=error.strerror,
            hint=f"unset {SUMMARY} where there is no job to summarise",
        ) from error


def show(report: Report, *, as_json: bool, quiet: bool) -> None:
    """The report on standard output: JSON where asked, nothing where quiet, else drawn."""
    if as_json:
        from crembo_cli.report.as_json import json_text

        print_answer(json_text(report))
    elif not quiet:
        from crembo_cli.report.console import drawn

        print_answer(drawn(report))
