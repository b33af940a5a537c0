"""Render the report for a terminal: by default one screen of at most 40 lines."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, cast

from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.table import Table as RichTable
from rich.text import Text

from crembo_cli.errors import printable
from crembo_cli.report.brief_table import brief_table, draw_brief_table, mark_sentence
from crembo_cli.report.compact_tree import compact_tree
from crembo_cli.report.details import (
    comparison_parts,
    cost_lines,
    detail_parts,
    drift_parts,
    heading,
    path_parts,
    repeat_parts,
    requirement_line,
)
from crembo_cli.report.drawings import (
    explain_certainty,
    explain_classes,
    explain_utilities,
    name_classifier,
    student_heading,
)
from crembo_cli.report.model import Report
from crembo_cli.report.screen import MOST_COLUMNS, draw_for_terminal, draw_text
from crembo_cli.report.verdict import full_worth
from crembo_cli.students.capabilities import kind_of

if TYPE_CHECKING:
    from crembo_cli.students.tree.model import Tree

MOST_LINES = 40  # of the screen without `--details`
MOST_LEAVES = 16  # of a tree that is drawn on it
STYLES = {
    "good": "bold green",
    "usable": "bold",
    "weak": "bold black on yellow",  # yellow alone is faint on white
    "failed": "bold red",
    None: "bold",
}


def render_text(report: Report, *, width: int = MOST_COLUMNS, details: bool = False) -> str:
    """Render `report` as plain text, no wider than `width` and 100 columns."""
    return draw_text(partial(draw, report, details=details), width)


def render_terminal(report: Report, *, details: bool = False) -> str:
    """Render `report` for standard output: as wide as it is, styled if it is a terminal."""
    return draw_for_terminal(partial(draw, report, details=details))


def draw(report: Report, console: Console, *, details: bool = False) -> None:
    """Draw `report` on `console`, no wider than 100 columns.

    Without `details` the student is drawn only where it fits on the screen.
    """
    width = min(console.width, MOST_COLUMNS)
    screen = [*verdict_parts(report), Text()]
    if details:
        screen += detail_parts(report, width)
    else:
        screen += brief_parts(report, width, console.encoding)
        options = console.options.update(width=width)
        used = sum(len(console.render_lines(each, options)) for each in screen)
        screen += _student(report, width, MOST_LINES - used)
    for each in screen:
        console.print(each, width=width, highlight=False)


def verdict_parts(report: Report) -> Iterator[RenderableType]:
    """Generate the student's name and the verdict."""
    student = printable(name_classifier(report.student.family))
    of = "" if report.teacher is None else f" of {printable(report.teacher.path)}"
    title = f", {student}{of} on {printable(report.data.path)}{report.data.drawn()}"
    yield Text.assemble((printable(report.student.path), "bold"), title, overflow="fold")
    verdict = report.verdict
    status = verdict.status or "verdict"
    lines = [
        ("worth", full_worth(report), "bold"),
        (status, verdict.decision, STYLES[verdict.status]),
    ]
    if verdict.command:
        lines.append(("next", f"{verdict.advice}:\n{verdict.command}", "bold"))
    table = RichTable.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, text, style in lines:
        cell = "\n".join(map(printable, text.split("\n")))
        table.add_row(Text(name, style=style), Text(cell, style="bold" if name == status else ""))
    yield table


def brief_parts(report: Report, width: int, encoding: str) -> Iterator[RenderableType]:
    """Generate the table, what it does not say, size and speed, and a path worth drawing."""
    table = brief_table(report, width)
    yield draw_brief_table(table, encoding)
    remarks = (
        mark_sentence(table, encoding),
        explain_certainty(report),
        explain_classes(report),
        explain_utilities(report),
    )
    for sentence in remarks:
        if sentence:
            yield Text(printable(sentence))
    yield from cost_lines(report)
    yield from drift_parts(report)
    yield from repeat_parts(report, width)
    # The verdict names those that are not met.
    yield from (requirement_line(each) for each in report.requirements if each.met)
    search = report.search
    if search is not None:
        yield from comparison_parts(report, search)
        if search.threshold is not None:
            yield from path_parts(search, report.data, width, height=5)


def _student(report: Report, width: int, lines: int) -> Iterator[Text]:
    """Generate the student where it takes at most this many `lines`, and where the rest is."""
    path = printable(shlex.quote(report.student.path))
    rest = "more: --details, --report report.html"
    drawn = list(_description(report, width))
    if drawn and len(drawn) + 3 <= lines and max(map(cell_len, drawn)) <= width:
        yield Text()
        yield heading(student_heading(report.student))
        yield from map(Text, drawn)
    elif report.description:
        leaves = report.student.size.get("leaves")
        what = "what it does" if leaves is None else f"its {leaves:,} leaves"
        rest += f"; {what}: crembo explain {path}"
    yield Text(rest, style="dim", overflow="fold")


def _description(report: Report, width: int) -> Iterator[str]:
    """Generate the lines of the student."""
    internals = report.internals
    if internals is None or kind_of(internals.student) != "tree":
        yield from report.description.splitlines()
    elif report.student.size["leaves"] <= MOST_LEAVES:
        yield from compact_tree(internals, cast("Tree", internals.student), width)
