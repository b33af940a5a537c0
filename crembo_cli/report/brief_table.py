"""The one table of the short report: the student, its teacher and the best baseline."""

from __future__ import annotations

from dataclasses import dataclass

from rich import box
from rich.table import Table as RichTable
from rich.text import Text

from crembo_cli.report.faults import BASELINES, ERRORS
from crembo_cli.report.gains import BETTER, SIGNS, WORSE, gain_over
from crembo_cli.report.metrics import look_up, split_path
from crembo_cli.report.model import Report
from crembo_cli.report.status import decides_by_auc
from crembo_cli.report.tables import format_cell, sized_name

# The columns: heading, path, and how soon a narrow screen drops it; 0 stays.
COLUMNS = (
    ("accuracy", "metrics.{}.accuracy", 0),
    ("fidelity", "metrics.{}.fidelity", 0),
    ("AUC", "metrics.{}.roc_auc", 2),
    ("log loss", "metrics.{}.log_loss", 3),
    ("depth 5%", "metrics.{}.insensitive_depth.0.05", 4),
    ("agreement", "robustness.agreement.{}", 5),
)
CELL = 13  # columns of a cell: "0.991 -0.026 v"
STYLES = {BETTER: "green", WORSE: "red", "": ""}
PLAIN = {BETTER: "^", WORSE: "v", "": ""}  # on a screen that lacks the signs


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A value, the student's difference from it, and whether the student is better or worse."""

    value: float | None
    difference: float | None  # None in the row of the student
    mark: str  # BETTER or WORSE, by more than ERRORS standard errors; else ""


@dataclass(frozen=True, kw_only=True)
class BriefTable:
    """A row of cells for each classifier."""

    corner: str
    headings: list[str]
    rows: list[tuple[str, list[Cell]]]


def brief_table(report: Report, width: int) -> BriefTable:
    """Build the table with the columns that `width` has room for."""
    keys = ["student", *(["teacher"] if "teacher" in report.metrics else []), *_best(report)]
    names = {key: sized_name(report, key) for key in keys}
    corner = f"{report.data.test_rows:,} test rows"
    room = (width - max(len(corner), *map(len, names.values()))) // (CELL + 2)
    shown = [
        (heading, path, -1 if heading == "AUC" and decides_by_auc(report) else drop)
        for heading, path, drop in COLUMNS
        if look_up(report, split_path(path.format("student"))) is not None
    ]
    kept = sorted(shown, key=lambda column: column[2])[: max(room, 1)]
    shown = [column for column in shown if column in kept]
    return BriefTable(
        corner=corner,
        headings=[heading for heading, _, _ in shown],
        rows=[(names[key], [_cell(report, path, key) for _, path, _ in shown]) for key in keys],
    )


def _best(report: Report) -> list[str]:
    """The baseline with the highest AUC where that decides, else accuracy; [] without any."""

    def worth(key: str) -> tuple[float, float]:
        found = report.metrics[key]
        first = found.roc_auc if decides_by_auc(report) else found.accuracy
        return (first or 0.0, found.fidelity or 0.0)

    return sorted((key for key in BASELINES if key in report.metrics), key=worth)[-1:]


def _cell(report: Report, path: str, key: str) -> Cell:
    """The cell of a classifier."""
    own = look_up(report, split_path(path.format("student")))
    value = look_up(report, split_path(path.format(key)))
    if key == "student" or value is None or (key, path) == ("teacher", "metrics.{}.fidelity"):
        return Cell(value=value, difference=None, mark="")
    gain = gain_over(report, key, split_path(path)[-1:])
    return Cell(value=value, difference=own - value, mark="" if gain is None else gain.mark)


def draw_brief_table(table: BriefTable, encoding: str) -> RichTable:
    """Draw the table: differences beside values, in green and red where they are sure."""
    found = RichTable(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 0, 0, 1), pad_edge=False)
    found.add_column(table.corner, overflow="fold")
    for heading in table.headings:
        found.add_column(heading, min_width=CELL, no_wrap=True)
    for place, (name, cells) in enumerate(table.rows):
        drawn = [_draw_cell(each, encoding) for each in cells]
        found.add_row(name, *drawn, style="bold" if place == 0 else "")
    return found


def _draw_cell(cell: Cell, encoding: str) -> Text:
    difference = "" if cell.difference is None else f"{cell.difference:+.3f}"
    sign = _sign(cell.mark, encoding)
    return Text.assemble(
        f"{format_cell(cell.value):>5} ", (f"{difference:>6}{sign:1}", STYLES[cell.mark])
    )


def _sign(mark: str, encoding: str) -> str:
    try:
        SIGNS[mark].encode(encoding)
    except UnicodeEncodeError:
        return PLAIN[mark]
    return SIGNS[mark]


def mark_sentence(table: BriefTable, encoding: str) -> str:
    """Explain the differences and their marks; "" without any."""
    if not any(cell.difference is not None for _, cells in table.rows for cell in cells):
        return ""
    better, worse = _sign(BETTER, encoding), _sign(WORSE, encoding)
    return (
        f"beside a value: the student's difference; {better} better, {worse} worse by more than "
        f"{ERRORS:g} standard errors"
    )
