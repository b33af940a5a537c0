"""Options of `crembo compress` alone: the student, the rows it is fitted on, its file, repeats."""

from __future__ import annotations

from typing import Annotated

import typer

from crembo_cli.commands import panels
from crembo_cli.commands.completion import one_of
from crembo_cli.search import defaults

MaxDepth = Annotated[
    str | None,
    typer.Option(
        metavar="N|A..B",
        help="Maximum depth of a tree. A..B: try each, keep the smallest tree within one "
        "standard error of the best. [default: 5]",
        show_default=False,
        rich_help_panel=panels.USUAL,
    ),
]
MaxLeaves = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        help="Maximum number of leaves of a tree.",
        min=2,
        max=2**16,
        show_default=False,
        rich_help_panel=panels.STUDENT,
    ),
]
MaxParameters = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        help="Maximum number of parameters, with --student auto or --max-depth A..B.",
        min=1,
        show_default=False,
        rich_help_panel=panels.STUDENT,
    ),
]
Prefer = Annotated[
    str | None,
    typer.Option(
        metavar="readable",
        help="With --student auto: try only families that a person can read.",
        show_default=False,
        rich_help_panel=panels.STUDENT,
    ),
]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Set another option of the family; repeatable.",
        show_default=False,
        rich_help_panel=panels.STUDENT,
    ),
]
ImageShape = Annotated[
    str | None,
    typer.Option(
        metavar="C,H,W",
        help="Channels, height and width of an image in each row; columns in that order. "
        "[default: those of the teacher's input, if it is an image]",
        show_default=False,
        rich_help_panel=panels.INPUT,
    ),
]
Device = Annotated[
    str,
    typer.Option(
        metavar="|".join(defaults.DEVICES),
        autocompletion=one_of(defaults.DEVICES),
        help="Where torch trains a cnn or net student. auto: on a GPU if there is one.",
        rich_help_panel=panels.RUN,
    ),
]
Quantize = Annotated[
    str | None,
    typer.Option(
        metavar="|".join(defaults.QUANTIZATIONS),
        autocompletion=one_of(defaults.QUANTIZATIONS),
        help="Store the weights of an mlp, net or cnn student in 8 bits.",
        show_default=False,
        rich_help_panel=panels.STUDENT,
    ),
]
QuantizeLoss = Annotated[
    float | None,
    typer.Option(
        metavar="LOSS",
        help="With --quantize: refuse a student that loses more mean teacher probability on "
        "validation rows. [default: 0.005]",
        show_default=False,
        rich_help_panel=panels.STUDENT,
    ),
]
Rows = Annotated[
    str,
    typer.Option(
        metavar="auto|all|N",
        help="Number of rows of DATA that the teacher is queried about. auto: at most 100,000 "
        "to fit and validate on and 100,000 to test on. all: at most 1,000,000 to fit and validate "
        "on; all others, or all rows of --test-data, are test rows. N: so many in all, split as a "
        "small table is.",
        rich_help_panel=panels.INPUT,
    ),
]
TestSize = Annotated[
    float | None,
    typer.Option(
        metavar="SHARE",
        help="Share of the rows used for testing, 0.01 to 0.9. [default: 0.2]",
        show_default=False,
        rich_help_panel=panels.INPUT,
    ),
]
TestData = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="Test on this table instead of a share of DATA.",
        show_default=False,
        rich_help_panel=panels.INPUT,
    ),
]
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
Temperature = Annotated[
    str,
    typer.Option(
        metavar="T|auto",
        help="Soften the teacher's probabilities: divide their logarithms by T before anything is "
        "fitted. auto: until half of the training rows have no probability above 0.9.",
        rich_help_panel=panels.INPUT,
    ),
]
Repeats = Annotated[
    int,
    typer.Option(
        metavar="N",
        help="Report means and standard errors over N runs with consecutive seeds; the student is "
        "that of the first.",
        min=1,
        max=1000,
        rich_help_panel=panels.REPORT,
    ),
]
