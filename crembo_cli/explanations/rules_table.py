"""The rules of a student as a table with their support and precision."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING, cast

from crembo_cli.explanations.figure import class_colour
from crembo_cli.explanations.picture import (
    Box,
    Group,
    Line,
    Picture,
    Words,
    png_image,
    svg_document,
)
from crembo_cli.student_file.metadata import ReadableStudent
from crembo_cli.students.tree.text import unseen_note

if TYPE_CHECKING:
    from crembo_cli.students.rules.model import RuleList

SIZE, LINE, MARGIN = 12.0, 16.0, 14.0  # pixels
LETTERS = 66  # of a rule on a line
COLUMNS = (14.0, 44.0, 560.0, 720.0, 850.0)  # where number, rule, class, support, precision begin
WIDTH, BAR = 960.0, 60.0
NOTE = "Support: training rows that the rule decides. Precision: the teacher agrees on this share."


@dataclass(frozen=True, kw_only=True)
class RuleRow:
    """One rule as a reader sees it."""

    rule: str
    label: int  # class index
    probability: float  # mean teacher probability of that class
    support: int | None  # training rows that the rule decides; None: not known
    precision: float | None  # share of them on which the teacher agrees; None: not known


def rules_as_svg(explained: ReadableStudent) -> str:
    """Return the table as an SVG document."""
    return svg_document(draw_rules(explained))


def rules_as_png(explained: ReadableStudent) -> bytes:
    """Return the table as a PNG image."""
    return png_image(draw_rules(explained))


def rule_rows(explained: ReadableStudent) -> list[RuleRow]:
    """The rules in order, the default rule last."""
    student, groups = cast("RuleList", explained.student), explained.groups
    rows = []
    for k, text in enumerate(student.rule_texts(explained.features)):
        support = None if groups is None else groups.rows[k]
        label = int(student.label[k])
        rows.append(
            RuleRow(
                rule=text,
                label=label,
                probability=float(student.probabilities[k, label]),
                support=support,
                precision=groups.agreed[k] / support if groups and support else None,
            )
        )
    return rows


def draw_rules(explained: ReadableStudent) -> Picture:
    """A line for each rule: its number, its condition, its class, support and precision."""
    names, rows = explained.class_names(), rule_rows(explained)
    total = sum(row.support or 0 for row in rows)
    heads = ("", "the first rule that holds decides", "class", "support", "precision")
    y = MARGIN + LINE / 2
    parts = [
        Words(x=x, y=y, text=text, size=SIZE, bold=True)
        for x, text in zip(COLUMNS, heads, strict=True)
    ]
    groups = [Group(parts=tuple(parts))]
    y += LINE
    for k, row in enumerate(rows):
        lines = wrap(row.rule, LETTERS, break_on_hyphens=False) or [""]
        groups.append(
            Group(parts=tuple(_line(k, row, lines, y, names, total)), title=_title(row, names))
        )
        y += LINE * len(lines) + 8
    notes = [NOTE, *unseen_note(row.rule for row in rows)]
    words = tuple(
        Words(x=MARGIN, y=y + LINE * (k + 1), text=note, size=10.5, colour="muted")
        for k, note in enumerate(notes)
    )
    groups.append(Group(parts=words))
    return Picture(
        width=WIDTH,
        height=y + LINE * (len(notes) + 1),
        groups=tuple(groups),
        name=f"{explained.name}, {len(rows) - 1} rules",
    )


def _line(
    k: int, row: RuleRow, lines: list[str], y: float, names: list[str], total: int
) -> Iterator[Box | Line | Words]:
    number, rule, class_, support, precision = COLUMNS
    yield Line(points=((MARGIN, y - 4), (WIDTH - MARGIN, y - 4)), width=0.5)
    first = y + LINE / 2
    yield Words(x=number, y=first, text=str(k + 1), size=SIZE, colour="muted")
    for j, text in enumerate(lines):
        yield Words(x=rule, y=first + LINE * j, text=text, size=SIZE)
    yield Box(x=class_, y=first - 5, width=10, height=10, fill=class_colour(row.label))
    name = names[row.label]
    short = name if len(name) <= 12 else f"{name[:11]}\u2026"
    yield Words(x=class_ + 15, y=first, text=f"{short} {row.probability:.2f}", size=SIZE)
    if row.support is not None:
        share = row.support / max(total, 1)
        yield Box(
            x=support, y=first - 5, width=max(BAR * share, 0.5), height=10, fill=class_colour(9)
        )
        text = f"{row.support:,}"
        yield Words(x=support + BAR + 6, y=first, text=text, size=SIZE)
    text = "-" if row.precision is None else f"{row.precision:.3f}"
    yield Words(x=precision, y=first, text=text, size=SIZE)


def _title(row: RuleRow, names: list[str]) -> str:
    text = f"{row.rule}: {names[row.label]} (mean teacher probability {row.probability:.3f})"
    if row.support is not None:
        text += f"\n{row.support:,} training rows"
    if row.precision is not None:
        text += f", the teacher agrees on {row.precision:.1%}"
    return text
