"""Options of `crembo compress` alone that say what student is wanted."""

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
