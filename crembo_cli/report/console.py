"""Render the report for a terminal: one screen, at most 100 columns."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterator

from rich import box
from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from crembo_cli.errors import printable
from crembo_cli.evaluation.metrics import Metrics
from crembo_cli.report import pareto as comparison
from crembo_cli.report.gates import told
from crembo_cli.report.model import DataInfo, Report, Requirement, SearchInfo
from crembo_cli.report.robustness_table import COLUMNS as WHO
from crembo_cli.report.robustness_table import for_rows_not_seen, robustness_rows
from crembo_cli.report.text_plots import BELIEF, BOTH, CHOSEN, DEPTH, pareto_plot, path_plot
from crembo_cli.report.words import NAMES, kind, ratio, short, student_heading

MOST_COLUMNS = 100
MOST_LINES = 36  # a student that takes more is not told: it would not fit on the screen
COLUMNS: dict[str, Callable[[Metrics], float | None]] = {
    "accuracy": lambda each: each.accuracy,
    "balanced": lambda each: each.balanced_accuracy,
    "fidelity": lambda each: each.fidelity,
    "depth": lambda each: each.depth,
    "depth 5%": lambda each: each.insensitive_depth["0.05"],
    "belief": lambda each: each.mean_belief,
}
LEFT_OUT = ("balanced", "belief", "depth")  # where the screen is too narrow, the first one first
NAMES_WIDTH = 15  # columns of the screen that NAMES take


def drawn(report: Report) -> str:
    """`report` drawn for standard output: as wide as it is, styled where it is a terminal.

    `NO_COLOR` (https://no-color.org) takes the styles away, bold as well as colours.
    """
    styled = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    # What the screen's encoding lacks is drawn in ASCII, or escaped.
    page = io.TextIOWrapper(io.BytesIO(), sys.stdout.encoding, errors="backslashreplace")
    console = Console(
        file=page,
        width=Console().width,
        color_system="auto" if styled else None,
        force_terminal=styled,
    )
    draw(report, console)
    page.seek(0)
    return "\n".join(line.rstrip() for line in page.read().splitlines()) + "\n"


def draw(report: Report, console: Console) -> None:
    """Draw `report` on `console`, no wider than 100 columns."""
    width = min(console.width, MOST_COLUMNS)
    for each in drawing(report, width):
        console.print(each, width=width, highlight=False)


def drawing(report: Report, width: int) -> Iterator[RenderableType]:
    """The parts of the report, from the top down."""
    yield from _title(report)
    yield Text()
    yield _metrics(report, width)
    yield Text()
    yield from _cost(report)
    yield Text()
    yield from trust(report)
    if report.search is not None:
        yield from _comparison(report.search, width)
        yield from _path(report.search, report.data, width)
    lines = report.description.splitlines()
    if 0 < len(lines) <= MOST_LINES:
        yield Text()
        yield _heading(student_heading(report.student))
        yield from (_hanging(line, width) for line in lines)
    if report.requirements:
        yield Text()
    yield from (_requirement(each) for each in report.requirements)


def _comparison(search: SearchInfo, width: int) -> Iterator[RenderableType]:
    """The students that were tried, where there was more than one."""
    if search.comparison is None:
        return
    yield Text()
    yield _heading("the Pareto front")
    yield Text(printable(comparison.sentence(search.comparison)))
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 0, 0, 1), pad_edge=False)
    table.add_column("worth their size", overflow="fold")
    for name in comparison.columns(search.delta):
        table.add_column(name, justify="right")
    for info, figures, taken in comparison.rows_of(search.comparison):
        mark = f" {CHOSEN}" if taken else ""
        table.add_row(printable(info.name) + mark, *figures, style="bold" if taken else "")
    yield table
    yield Text()
    chosen = search.comparison.students[search.comparison.chosen]
    yield Text(f"{BELIEF} fidelity  {_signs(search)}: {printable(chosen.name)}")
    yield from (Text(line) for line in pareto_plot(search.comparison, min(width, 80)))


def _path(search: SearchInfo, data: DataInfo, width: int) -> Iterator[RenderableType]:
    """The path, where there is more than one step to it."""
    if search.path_rows < (data.training_rows or 0) + (data.synthetic_rows or 0):
        yield Text(
            f"The path was found on {search.path_rows:,} of the rows, "
            "the chosen step polished on all.",
            style="dim",
        )
    if len(search.steps) > 1:
        yield Text()
        validation = (data.validation_rows or 0) + (data.validation_synthetic_rows or 0)
        yield _heading(f"the path, judged on {validation:,} rows that were not fitted on")
        yield Text(_legend(search))
        yield from (Text(line) for line in path_plot(search, min(width, 80)))


def _hanging(line: str, width: int) -> Text:
    """A line of the tree; what does not fit stands below, as deep in the tree as its beginning."""
    branch = line[: len(line) - len(line.lstrip("| "))]
    if cell_len(line) <= width or len(branch) + 20 > width:
        return Text(line)
    words = Text(line[len(branch) :]).wrap(Console(width=width), width - len(branch) - 4)
    rest = [f"{branch}    {each.plain.strip()}" for each in words[1:]]
    return Text("\n".join([branch + words[0].plain.rstrip(), *rest]))


def _heading(words: str) -> Text:
    return Text(words, style="bold")


def _title(report: Report) -> Iterator[RenderableType]:
    data = report.data
    what = printable(kind(report.student.family))
    yield Text.assemble((printable(report.student.path), "bold"), f", {what}")
    tested = "" if data.test_path is None else f", tested on {printable(data.test_path)}"
    lines = [] if report.teacher is None else [f"of {printable(report.teacher.path)}"]
    lines.append(f"on {printable(data.path)}{tested}")
    if data.training_rows is None:
        lines.append(f"measured on {data.test_rows:,} rows")
    else:
        lines.append(
            f"fitted on {data.training_rows:,} rows + {data.synthetic_rows:,} synthetic, "
            f"chosen on {data.validation_rows:,} + {data.validation_synthetic_rows:,}, "
            f"tested on {data.test_rows:,}"
        )
    yield Padding(Text("\n".join(lines)), (0, 0, 0, 2))


def _metrics(report: Report, width: int) -> Table:
    """A row for each classifier; on a narrow screen the columns that others say nearly too go."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 0, 0, 1), pad_edge=False)
    table.add_column("test rows", no_wrap=True)
    columns = list(COLUMNS)
    for column in LEFT_OUT:
        if NAMES_WIDTH + sum(len(each) + 2 for each in columns) > width:
            columns.remove(column)
    for name in columns:
        table.add_column(name, justify="right", no_wrap=True)
    for name, metrics in report.metrics.items():
        figures = [COLUMNS[column](metrics) for column in columns]
        shown = ["-" if value is None else f"{value:.3f}" for value in figures]
        table.add_row(NAMES[name], *shown, style="bold" if name == "student" else "")
    return table


def _cost(report: Report) -> list[Text]:
    size, speed = report.student.size, report.timing
    counts = [
        f"{name.replace('_', ' ')} {size[name]:,}"
        for name in ("tree_depth", "leaves", "parameters")
        if name in size
    ]
    told = f"size   {size['bytes']:,} bytes"
    if report.teacher is not None and report.timing.teacher_rows_per_second is not None:
        smaller = report.teacher.bytes / size["bytes"]
        told += f", teacher {report.teacher.bytes:,}: {ratio(smaller, 'smaller', 'larger')}"
    lines = [Text(told)]
    if counts:
        lines.append(Text(f"       {', '.join(counts)}"))
    told = f"speed  {short(speed.student_rows_per_second)} rows/s"
    if speed.teacher_rows_per_second is not None:
        faster = speed.student_rows_per_second / speed.teacher_rows_per_second
        told += f", teacher {short(speed.teacher_rows_per_second)}: "
        told += ratio(faster, "faster", "slower")
    return [*lines, Text(told)]


def _legend(search: SearchInfo) -> str:
    at = "belief student" if search.threshold is None else f"threshold {search.threshold:.3f}"
    return f"{BELIEF} mean belief  {_signs(search)}: {at}"


def _signs(search: SearchInfo) -> str:
    return f"{DEPTH} depth {100 * search.delta:g}%  {BOTH} both  {CHOSEN} chosen"


def _requirement(gate: Requirement) -> Text:
    verdict, style = ("met    ", "green") if gate.met else ("NOT MET", "bold red")
    return Text(f"{verdict}  {told(gate)}", style=style)


def trust(report: Report) -> Iterator[RenderableType]:
    """The rows that this report has figures for, and what holds for rows not seen."""
    rows = list(robustness_rows(report.robustness))
    shown = [k for k in range(len(WHO)) if any(row[k + 1] is not None for row in rows)]
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 0, 0, 1), pad_edge=False)
    table.add_column("robustness", no_wrap=True)
    for k in shown:
        table.add_column(WHO[k], justify="right")
    for row in rows:
        figures = [row[k + 1] for k in shown]
        table.add_row(row[0], *("-" if each is None else f"{each:.3f}" for each in figures))
    yield table
    sentence = for_rows_not_seen(report.robustness.bounds)
    if sentence:
        yield Text(sentence)
