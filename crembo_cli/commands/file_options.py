"""Options of `crembo compress` that say what the student's file looks like, and its limits."""

from __future__ import annotations

from typing import Annotated

import typer

from crembo_cli.commands import panels
from crembo_cli.commands.completion import one_of
from crembo_cli.search import defaults

Output = Annotated[
    str | None,
    typer.Option(
        "-o",
        "--output",
        metavar="PATH",
        help="Path of the student. [default: <stem of TEACHER>.student.onnx in this folder]",
        show_default=False,
        rich_help_panel=panels.USUAL,
    ),
]
Outputs = Annotated[
    str,
    typer.Option(
        metavar="|".join(defaults.OUTPUT_FORMS),
        autocompletion=one_of(defaults.OUTPUT_FORMS),
        help="How the student returns its probabilities. tensor: one output (rows, classes). "
        "columns: one output per class. zipmap: one dictionary per row, as skl2onnx does.",
        rich_help_panel=panels.OUTPUT,
    ),
]
MaxBytes = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        help="Maximum file size, with --student auto or --max-depth A..B.",
        min=1,
        show_default=False,
        rich_help_panel=panels.STUDENT,
    ),
]
Metadata = Annotated[
    str,
    typer.Option(
        metavar="|".join(defaults.METADATA_LEVELS),
        help="Metadata in the student's file. short: what `explain` needs; no drift "
        "in `evaluate`, no origin, no counts of training rows. none: nothing; `explain`, `mlflow` "
        "and the library cannot read it.",
        rich_help_panel=panels.OUTPUT,
    ),
]
Portable = Annotated[
    bool,
    typer.Option(
        "--portable",
        help="Use basic operators only, for OpenVINO and edge devices; categories become inputs of "
        "whole numbers, with their codes in the metadata.",
        rich_help_panel=panels.OUTPUT,
    ),
]
