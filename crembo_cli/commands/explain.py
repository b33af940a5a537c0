"""`crembo explain STUDENT`: the student for a reader, and as code that needs nothing installed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from crembo_cli.commands import options

FORMATS = ("text", "svg", "png", "dot", "sql", "python", "c", "json")


def command(
    student: options.StudentPath,
    form: Annotated[
        str | None,
        typer.Option(
            "-f",
            "--format",
            metavar="|".join(FORMATS),
            help="In which form. Default: text, or what the name of --output ends in.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="Where it goes: .txt, .svg, .png, .dot, .sql, .py, .c or .json. "
            "Default: standard output.",
            show_default=False,
        ),
    ] = None,
    debug: options.Debug = False,
) -> None:
    """Explain STUDENT: rules or weights as text, a drawing of the tree, or code."""
    from crembo_cli.commands.messages import print_answer
    from crembo_cli.commands.options import check_choice
    from crembo_cli.errors import UsageError
    from crembo_cli.explain.formats import explain, form_of
    from crembo_cli.files import check_output, write_together
    from crembo_cli.student_file.read import read_student

    del debug  # read from the arguments by app.run, which must know it before any command runs
    path = None if output is None else Path(output)
    if form is not None:
        check_choice("--format", form, FORMATS)
    chosen = form or (form_of(path.suffix) if path else "text")
    if path is not None:
        check_output(path, [Path(student)])
    elif chosen == "png":
        raise UsageError("an image goes into a file", hint="name it: --output tree.png")
    content = explain(read_student(student), chosen)
    if path is not None:
        write_together({path: content})
    else:
        print_answer(content.decode("utf-8", "surrogateescape"))
