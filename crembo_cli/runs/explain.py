"""Explain a student: its ONNX file becomes text, a drawing or code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from crembo_cli.errors import UsageError
from crembo_cli.explanations.formats import DIALECTS, FORMATS, format_of_suffix
from crembo_cli.explanations.formats import explain as render
from crembo_cli.files import check_output, write_together
from crembo_cli.runs.options import check_choice, parse_names
from crembo_cli.student_file.metadata import check_names
from crembo_cli.student_file.read import read_student


def explain(
    student: str | Path,
    *,
    format: str | None = None,  # noqa: A002  # the option is called so
    class_: str | None = None,
    classes: str | Sequence[str] | None = None,
    max_levels: int | None = None,
    dialect: str | None = None,
    table: str | None = None,
    keep: str | Sequence[str] | None = None,
    prefix: str | None = None,
    output: str | Path | None = None,
    no_clobber: bool = False,
) -> bytes:
    """The student in the ONNX file `student`, in a format: text by default.

    The arguments are the options of `crembo explain`; `class_` is `--class`. `dialect`, `table`,
    `keep` and `class_` are for SQL, `prefix` is for C, `max_levels` for drawn trees. With
    `output` the result is written there as well, and the format follows from its suffix. Returns
    UTF-8 text, or a PNG image. Raises UsageError for an unknown format or class, StudentError for
    a file that crembo did not write or a student that has no such format, OutputError.
    """
    path = None if output is None else Path(output)
    if format is not None:
        check_choice("--format", format, tuple(FORMATS))
    chosen = format or (format_of_suffix(path.suffix) if path else "text")
    if dialect is not None:
        check_choice("--dialect", dialect, DIALECTS)
    options = {
        "class_": class_,
        "max_levels": max_levels,
        "dialect": dialect,
        "table": table,
        "keep": parse_names("--keep", keep),
        "prefix": prefix,
    }
    if max_levels is not None and not max_levels >= 0:
        raise UsageError("invalid number of levels", found=f"--max-levels {max_levels}")
    if path is not None:
        check_output(path, [Path(student)], no_clobber=no_clobber)
    explained = read_student(student)
    names = parse_names("--classes", classes)
    if names is not None:
        explained = replace(explained, names=tuple(check_names(names, explained.classes)))
    content = render(
        explained,
        chosen,
        **{name: value for name, value in options.items() if value is not None},
    )
    if path is not None:
        write_together({path: content})
    return content
