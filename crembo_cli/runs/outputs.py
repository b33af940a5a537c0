"""Check the output paths before a run, and render the report into them after it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from crembo_cli.errors import UsageError
from crembo_cli.files import check_output

if TYPE_CHECKING:
    from crembo_cli.report.model import Report


STUDENT = (".onnx",)
REPORTS = (".json", ".html", ".md")


def check_outputs(
    student: Path | None, reports: Sequence[Path], inputs: Sequence[Path | None]
) -> None:
    """Refuse outputs that cannot be written, before the run begins.

    `student` is None where none is written. `inputs` are the paths of the inputs, None for
    those in memory. Raises UsageError for an unsupported format and for a repeated path,
    OutputError as `check_output`.
    """
    files = [path for path in inputs if path is not None]
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
            "unsupported output format",
            where=option,
            found=repr(str(path)),
            wanted=f"a path that ends in {' or '.join(kinds)}",
        )


def report_files(report: Report, paths: Sequence[Path]) -> dict[Path, bytes]:
    """What belongs into each of `paths`, by what its name ends in: see `outputs.REPORTS`."""
    return {path: render_report(report, path.suffix.lower()) for path in paths}


def render_report(report: Report, suffix: str) -> bytes:
    """The report in the format of files with `suffix`."""
    if suffix == ".html":
        from crembo_cli.report.html import html

        return html(report).encode(errors="replace")
    if suffix == ".md":
        from crembo_cli.report.markdown import markdown

        return markdown(report).encode(errors="replace")
    from crembo_cli.report.as_json import json_text

    return json_text(report).encode()
