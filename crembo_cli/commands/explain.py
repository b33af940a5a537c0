"""`crembo explain STUDENT`: a student as text, as a drawing, or as code without dependencies."""

from __future__ import annotations

from typing import Annotated

import typer

from crembo_cli.commands import options
from crembo_cli.explain.formats import FORMATS

SUFFIXES = [each.suffix for each in FORMATS.values()]


def command(
    student: options.StudentPath,
    format_: Annotated[
        str | None,
        typer.Option(
            "-f",
            "--format",
            metavar="|".join(FORMATS),
            help="Output format. [default: text, or by the suffix of --output]",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help=f"Output file: {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}. "
            "[default: standard output]",
            show_default=False,
        ),
    ] = None,
    debug: options.Debug = False,
) -> None:
    """Explain STUDENT as text or JSON, as a drawing of a tree, or as code."""
    from crembo_cli.commands.messages import print_answer
    from crembo_cli.errors import UsageError
    from crembo_cli.explain.formats import explain, format_of_suffix
    from crembo_cli.files import check_output, write_together
    from crembo_cli.student_file.read import read_student

    del debug  # read from the arguments by app.run, which must know it before any command runs
    path = None if output is None else Path(output)
    if format_ is not None:
        check_choice("--format", format_, tuple(FORMATS))
    chosen = format_ or (format_of_suffix(path.suffix) if path else "text")
    if path is not None:
        check_output(path, [Path(student)])
    elif chosen == "png":
        raise UsageError("an image needs an output file", hint="name one: --output tree.png")
    content = explain(read_student(student), chosen)
    if path is not None:
        write_together({path: content})
    else:
        print_answer(content.decode("utf-8", "surrogateescape"))
