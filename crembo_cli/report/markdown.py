"""Render the report as Markdown: short, for a job's summary and for pull requests."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from crembo_cli.errors import printable
from crembo_cli.report.drawings import explain_comparison, name_classifier, student_heading
from crembo_cli.report.drift import drift_sentences, drift_table, figures_table
from crembo_cli.report.gates import format_requirement
from crembo_cli.report.model import Report
from crembo_cli.report.repeats import repeats_sentence, repeats_table
from crembo_cli.report.tables import (
    Cell,
    Table,
    class_table,
    comparison_table,
    format_cell,
    metrics_table,
    robustness_table,
    weakest_table,
)
from crembo_cli.report.verdict import full_worth, verdict_of

MOST_BYTES = 100_000
MOST_LINES = 64  # a longer student is left out
MOST_CLASSES = 20
MOST_GROUPS = 3
MET = {True: "\u2705", False: "\u274c"}
SIGNS = {
    "good": "\u2705",
    "usable": "\u2611\ufe0f",
    "weak": "\u26a0\ufe0f",
    "failed": "\u274c",
    None: "\u2139\ufe0f",
}


def render_markdown(report: Report) -> str:
    """Render the report in less than MOST_BYTES bytes of UTF-8; one newline at the end."""
    text = ""
    for block in _blocks(report):
        # A block that is too long, as with names of thousands of characters, is left out whole.
        if len(f"{text}\n{block}\n".encode(errors="replace")) < MOST_BYTES:
            text += f"\n{block}\n" if text else f"{block}\n"
    return text


def format_code(text: str) -> str:
    """Format `text` as code that nothing within it can end: no link, no mention, no tag."""
    text = (printable(text) or " ").replace("|", "\\|")
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {text} {fence}" if longest else f"`{text}`"


def escape_text(text: str) -> str:
    """Escape every character of `text` that has a meaning in Markdown or HTML."""
    return re.sub(r"([\\`*_\[\]<>|~#&])", r"\\\1", printable(text)).replace("@", "@\u200b")


def _blocks(report: Report) -> Iterator[str]:
    """Generate the blocks of the page from the top down."""
    verdict = verdict_of(report)
    name = name_classifier(report.student.family)
    of = "" if report.teacher is None else f" of {format_code(report.teacher.path)}"
    yield f"### {SIGNS[verdict.status]} {format_code(report.student.path)}: " + (
        escape_text(verdict.headline)
    )
    lines = [("worth", full_worth(report)), (verdict.status or "verdict", verdict.decision)]
    items = [f"- **{name}**: {escape_text(text)}" for name, text in lines]
    if verdict.command:
        items.append(f"- **next**: {escape_text(verdict.advice)}: {format_code(verdict.command)}")
    yield "\n".join(items)
    yield " ".join(map(escape_text, verdict.sentences))
    on = f"{format_code(report.data.path)}{report.data.drawn()}"
    yield f"{escape_text(name[0].upper() + name[1:])}{of} on {on}."
    yield draw_table(metrics_table(report))
    repeats = repeats_table(report)
    if repeats is not None:
        yield f"{escape_text(repeats_sentence(report))}\n\n{draw_table(repeats)}"
    if report.drift is not None:
        yield " ".join(map(escape_text, drift_sentences(report.drift)))
        yield from _code_table(drift_table(report, brief=True))
        yield from _code_table(figures_table(report, brief=True))
    yield draw_table(robustness_table(report))
    if report.requirements:
        yield "\n".join(
            f"- {MET[each.met]} {format_code(format_requirement(each))}"
            for each in report.requirements
        )
    if report.search is not None and report.search.comparison is not None:
        yield escape_text(
            explain_comparison(
                report.search.comparison, report.search.objective, report.depth_unit()
            )
        )
    yield from _code_table(comparison_table(report))
    classes = class_table(report)
    if classes is not None and len(classes.rows) <= MOST_CLASSES:
        yield from _code_table(classes)
    groups = weakest_table(report, brief=True, most=MOST_GROUPS)
    if groups is not None:
        title = "Where the teacher gives the predicted class the lowest probability:"
        yield from (f"{title}\n\n{table}" for table in _code_table(groups))
    yield from _student(report)


def draw_table(table: Table, *, code: bool = False) -> str:
    """Format a table; with `code`, names and texts come from a file and are formatted as code."""

    def text(cell: Cell) -> str:
        return format_code(cell) if code and isinstance(cell, str) else format_cell(cell)

    lines = [
        [table.corner, *table.headings],
        ["---", *["---:"] * len(table.headings)],
        *(
            [f"**{text(row.name)}**" if row.selected else text(row.name), *map(text, row.cells)]
            for row in table.rows
        ),
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _code_table(table: Table | None) -> Iterable[str]:
    return [] if table is None else [draw_table(table, code=True)]


def _student(report: Report) -> Iterator[str]:
    if 0 < len(report.description.splitlines()) <= MOST_LINES:
        runs = re.findall("`+", report.description)
        fence = "`" * max([3, *(len(run) + 1 for run in runs)])
        yield (
            f"<details><summary>{student_heading(report.student)}</summary>\n\n"
            f"{fence}text\n{report.description}\n{fence}\n\n</details>"
        )
