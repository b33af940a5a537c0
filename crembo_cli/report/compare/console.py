"""Render a comparison for a terminal: one screen, at most 100 columns."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from rich import box
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table as RichTable
from rich.text import Text

from crembo_cli.errors import printable
from crembo_cli.report.compare.model import CompareReport
from crembo_cli.report.compare.tables import (
    BETTER,
    WORSE,
    agreement_sentence,
    delta_table,
    fitted_sentences,
    headline_of,
    where_of,
    who_of,
)
from crembo_cli.report.drawings import name_classifier
from crembo_cli.report.gates import format_requirement
from crembo_cli.report.screen import MOST_COLUMNS, draw_for_terminal, draw_text
from crembo_cli.report.tables import format_cell

STYLES = {BETTER: "green", WORSE: "red"}


def render_text(report: CompareReport, *, width: int = MOST_COLUMNS) -> str:
    """Render `report` as plain text, no wider than `width` and 100 columns."""
    return draw_text(partial(_draw, report), width)


def render_terminal(report: CompareReport) -> str:
    """Render `report` for standard output: as wide as it is, styled if it is a terminal."""
    return draw_for_terminal(partial(_draw, report))


def _draw(report: CompareReport, console: Console) -> None:
    for each in _parts(report):
        console.print(each, highlight=False)


def _parts(report: CompareReport) -> Iterator[RenderableType]:
    """Generate the parts of the drawing from the top down."""
    for key, student in report.students.items():
        family = printable(name_classifier(student.family))
        name = Text.assemble((printable(student.path), "bold"), f", {family}")
        yield Text.assemble(f"{key.upper()}  ", name)
    of = "" if report.teacher is None else f", teacher {printable(report.teacher.path)}"
    yield Text(f"on {printable(report.data.path)}, {report.data.measured()}{of}")
    yield Text()
    yield Text(headline_of(report), style="bold")
    yield from map(Text, fitted_sentences(report))
    yield Text()
    yield _differences(report)
    yield Text()
    yield Text(agreement_sentence(report))
    for group in report.disagreements:
        yield Padding(
            Text(f"{printable(where_of(group))}:\n  {printable(who_of(group))}"), (0, 0, 0, 2)
        )
    if report.requirements:
        yield Text()
    for each in report.requirements:
        word, style = ("met    ", "green") if each.met else ("NOT MET", "bold red")
        yield Text(f"{word}  {format_requirement(each)}", style=style)


def _differences(report: CompareReport) -> RichTable:
    table = delta_table(report)
    found = RichTable(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 0, 0, 1), pad_edge=False)
    found.add_column(table.corner, no_wrap=True)
    for heading in table.headings:
        found.add_column(heading, justify="right", no_wrap=True)
    for row in table.rows:
        style = STYLES.get(str(row.cells[-1]), "")
        *numbers, word = map(format_cell, row.cells)
        found.add_row(row.name, *numbers, Text(word, style=style))
    return found
