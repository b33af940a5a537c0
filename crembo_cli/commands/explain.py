"""`crembo explain STUDENT`: a student as text, as a drawing, or as code without dependencies."""

from __future__ import annotations

from operator import attrgetter
from typing import Annotated

import typer

from crembo_cli.commands import options, panels
from crembo_cli.commands.completion import one_of
from crembo_cli.explanations.formats import DIALECTS, FORMATS

SUFFIXES = tuple(map(attrgetter("suffix"), FORMATS.values()))

EXAMPLE = "crembo explain churn.student.onnx --output tree.svg"


def command(
    student: options.StudentPath,
    form: Annotated[
        str | None,
        typer.Option(
            "-f",
            "--format",
            metavar="|".join(FORMATS),
            autocompletion=one_of(FORMATS),
            help="Output format. [default: text, or the suffix of --output]",
            show_default=False,
            rich_help_panel=panels.USUAL,
        ),
    ] = None,
    class_: Annotated[
        str | None,
        typer.Option(
            "--class",
            metavar="CLASS",
            help="With --format sql: the probability of this class, not the predicted class.",
            show_default=False,
            rich_help_panel=panels.OUTPUT,
        ),
    ] = None,
    classes: Annotated[
        str | None,
        typer.Option(
            metavar="A,B,C",
            help="Names of the classes in texts and drawings. [default: those that compress "
            "stored]",
            show_default=False,
            rich_help_panel=panels.OUTPUT,
        ),
    ] = None,
    max_levels: Annotated[
        int | None,
        typer.Option(
            "--max-levels",
            metavar="N",
            help="Draw the first N levels of a tree. [default: all]",
            show_default=False,
            rich_help_panel=panels.OUTPUT,
        ),
    ] = None,
    dialect: Annotated[
        str | None,
        typer.Option(
            "--dialect",
            metavar="|".join(DIALECTS),
            autocompletion=one_of(DIALECTS),
            help="With --format sql: SQL dialect. [default: ansi]",
            show_default=False,
            rich_help_panel=panels.OUTPUT,
        ),
    ] = None,
    table: Annotated[
        str | None,
        typer.Option(
            "--table",
            metavar="NAME",
            help="With --format sql: table to select from. [default: data]",
            show_default=False,
            rich_help_panel=panels.OUTPUT,
        ),
    ] = None,
    keep: Annotated[
        str | None,
        typer.Option(
            "--keep",
            metavar="A,B,...",
            help="With --format sql: columns to return beside the label. [default: the features]",
            show_default=False,
            rich_help_panel=panels.OUTPUT,
        ),
    ] = None,
    prefix: Annotated[
        str | None,
        typer.Option(
            "--prefix",
            metavar="NAME",
            help="With --format c or h: prefix of all names. [default: crembo]",
            show_default=False,
            rich_help_panel=panels.OUTPUT,
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
            rich_help_panel=panels.USUAL,
        ),
    ] = None,
    no_clobber: options.NoClobber = False,
    debug: options.Debug = False,
) -> None:
    """Explain STUDENT as text or JSON, as a drawing or a page, or as code."""
    from crembo_cli.commands.messages import print_answer
    from crembo_cli.errors import UsageError
    from crembo_cli.runs.explain import explain

    del debug  # app.run reads it from the arguments, before any command runs
    if form == "png" and output is None:
        raise UsageError("a PNG image needs a file", hint="for example --output tree.png")
    content = explain(
        student,
        format=form,
        class_=class_,
        classes=classes,
        max_levels=max_levels,
        dialect=dialect,
        table=table,
        keep=keep,
        prefix=prefix,
        output=output,
        no_clobber=no_clobber,
    )
    if output is None:
        print_answer(content.decode("utf-8", "surrogateescape"))
