"""A report into the files, and onto the screen, that were asked for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from crembo_cli.commands.answer import print_answer

if TYPE_CHECKING:
    from crembo_cli.report.model import Report


def report_files(report: Report, paths: Sequence[Path]) -> dict[Path, bytes]:
    """What belongs into each of `paths`, by what its name ends in."""
    from crembo_cli.report.json import json_text

    return {path: json_text(report).encode() for path in paths}


def show(report: Report, *, as_json: bool, quiet: bool) -> None:
    """The report on standard output: JSON where asked, nothing where quiet, else drawn."""
    if as_json:
        from crembo_cli.report.json import json_text

        print_answer(json_text(report))
    elif not quiet:
        from crembo_cli.report.console import drawn

        print_answer(drawn(report))
