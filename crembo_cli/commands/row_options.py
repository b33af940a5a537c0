"""Options of `crembo compress` that say which rows are used."""

from __future__ import annotations

from typing import Annotated

import typer

from crembo_cli.commands import panels

Rows = Annotated[
    str,
    typer.Option(
        metavar="auto|all|N",
        help="Number of rows of DATA that the teacher is queried about. auto: at most 200,000 "
        "to fit and validate on and 100,000 to test on.",
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
