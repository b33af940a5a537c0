"""The files that a command is to write, looked at before the work begins."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from crembo_cli.errors import UsageError
from crembo_cli.export.write import check_output

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
