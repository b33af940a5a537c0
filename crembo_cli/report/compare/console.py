"""Render a comparison for a terminal: one screen, at most 100 columns."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.table import Table as RichTable
from rich.text import Text

from crembo_cli.errors import printable
from crembo_cli.report.compare.model import CompareReport
from crembo_cli.report.compare.tables import (
    BETTER,
    WORSE,
    agreement_sentence,
    delta_table,
    disagreement_table,
    fitted_sentences,
    headline_of,
)
from crembo_cli.report.console import (
    MOST_COLUMNS,
    draw_requirement,
    empty_table,
    render_parts,
    render_parts_for_terminal,
)
from crembo_cli.report.drawings import name_classifier
from crembo_cli.report.tables import format_cell

STYLES = {BETTER: "green", WORSE: "red"}


def render_text(report: CompareReport, *, width: int = MOST_COLUMNS) -> str:
    """Render `report` as plain text, no wider than `width` and 100 columns."""
    return render_parts(lambda wide: _parts(report), width)


def render_terminal(report: CompareReport) -> str:
    """Render `report` for standard output: as wide as it is, styled if it is a terminal."""
    return render_parts_for_terminal(lambda wide: _parts(report))


def _parts(report: CompareReport) -> Iterator[RenderableType]:
    """Generate the parts of the drawing from the top down."""
    for key, student in report.students.items():
        family = printable(name_classifier(student.family))
        name = Text.assemble((printable(student.path), "bold"), f", {family}")
        yield Text.assemble(f"{key.upper()}  ", name)
    of = "" if report.teacher is None else f", teacher {printable(report.teacher.path)}"
    yield Text(f"on {printable(report.data.path)}, {report.data.rows:,} rows{of}")
    yield Text()
    yield Text(headline_of(report), style="bold")
    yield from map(Text, fitted_sentences(report))
    yield Text()
    yield _differences(report)
    yield Text()
    yield Text(agreement_sentence(report))
    groups = disagreement_table(report)
    if groups is not None:
        yield Text()
        found = empty_table(groups.corner, no_wrap=False)
        for heading in groups.headings:
            found.add_column(heading, justify="right")
        for row in groups.rows:
            found.add_row(printable(row.name), *(printable(format_cell(c)) for c in row.cells))
        yield found
    if report.requirements:
        yield Text()
    yield from map(draw_requirement, report.requirements)


def _differences(report: CompareReport) -> RichTable:
    table = delta_table(report)
    found = empty_table(table.corner, no_wrap=True)
    for heading in table.headings:
        found.add_column(heading, justify="right", no_wrap=True)
    for row in table.rows:
        style = STYLES.get(str(row.cells[-1]), "")
        *numbers, word = map(format_cell, row.cells)
        found.add_row(row.name, *numbers, Text(word, style=style))
    return found
