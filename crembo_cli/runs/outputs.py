"""Check the output paths before a run, and render the report into them after it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from crembo_cli.errors import UsageError
from crembo_cli.files import check_output
from crembo_cli.report.formats import FILE_SUFFIXES, render

if TYPE_CHECKING:
    from crembo_cli.report.model import Report

STUDENT_SUFFIXES = (".onnx",)


def check_outputs(
    student: Path | None, reports: Sequence[Path], inputs: Sequence[Path | None]
) -> None:
    """Refuse output paths that cannot be written, before a long run.

    `student` is None where none is written. `inputs` are the paths that the run reads, None
    for inputs in memory. Raises UsageError for an unsupported format and for a repeated path,
    OutputError as `check_output`.
    """
    files = [path for path in inputs if path is not None]
    if student is not None:
        _check_suffix("--output", student, STUDENT_SUFFIXES)
    for path in reports:
        _check_suffix("--report", path, FILE_SUFFIXES)
    outputs = [*([] if student is None else [student]), *reports]
    for number, path in enumerate(outputs):
        check_output(path, files)
        if path.resolve() in [other.resolve() for other in outputs[:number]]:
            raise UsageError("two outputs have the same path", where=str(path))


def _check_suffix(option: str, path: Path, suffixes: Sequence[str]) -> None:
    if path.suffix.lower() not in suffixes:
        raise UsageError(
            "unsupported output format",
            where=option,
            found=repr(str(path)),
            wanted=f"a path that ends in {' or '.join(suffixes)}",
        )


def report_files(report: Report, paths: Sequence[Path]) -> dict[Path, bytes]:
    """Render the report for each of `paths`, in the format of its suffix."""
    return {path: render_bytes(report, path.suffix.lower()) for path in paths}


def render_bytes(report: Report, suffix: str) -> bytes:
    """Render the report in the format of files with `suffix`, as UTF-8."""
    # A path may hold bytes that are not UTF-8; HTML and Markdown show a question mark for them.
    return render(report, suffix).encode(errors="replace")
