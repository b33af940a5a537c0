"""Everything that the report knows, for a terminal, below the verdict."""

from __future__ import annotations

from collections.abc import Iterator

from rich import box
from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table as RichTable
from rich.text import Text

from crembo_cli.errors import printable
from crembo_cli.report.drawings import (
    BOTH,
    CIRCLE,
    SELECTED,
    STAR,
    abbreviate,
    explain_bounds,
    explain_comparison,
    format_ratio,
    pareto_plot,
    path_plot,
    student_heading,
)
from crembo_cli.report.drift import drift_sentences, drift_table, figures_table
from crembo_cli.report.gates import format_requirement
from crembo_cli.report.metrics import MEAN_HEADING, METRICS
from crembo_cli.report.model import DataInfo, Report, Requirement, SearchInfo
from crembo_cli.report.repeats import repeats_sentence, repeats_table
from crembo_cli.report.tables import (
    Table,
    class_table,
    comparison_table,
    format_cell,
    metrics_table,
    robustness_table,
    weakest_table,
)

MOST_COLUMNS = 100
MOST_LINES = 64  # a longer student is left out: a tree of 32 leaves has as many
STYLES = {
    "good": "bold green",
    "usable": "bold",
    "weak": "bold yellow",
    "failed": "bold red",
    None: "bold",
}
NUMBER_WIDTH = 5  # columns of the screen that a number takes at least: 0.985


def detail_parts(report: Report, width: int) -> Iterator[RenderableType]:
    """Generate what follows the verdict, from the top down."""
    yield from _sources(report)
    yield Text()
    yield _metrics(report, width)
    bounds = explain_bounds(report)  # below, beside the robustness
    sentences = [each for each in report.verdict.sentences if each != bounds]
    yield from (Text(printable(each)) for each in sentences)
    yield Text()
    yield from cost_lines(report)
    yield from drift_parts(report)
    yield from repeat_parts(report, width)
    yield Text()
    yield from robustness_parts(report)
    for table in (class_table(report), weakest_table(report, brief=True)):
        if table is not None:
            yield Text()
            yield _fill(_table(table.corner, no_wrap=False), table)
    if report.search is not None:
        yield from comparison_parts(report, report.search)
        yield from _comparison_plot(report.search, width)
        yield from path_parts(report.search, report.data, width)
    if report.description:
        yield Text()
        yield heading(student_heading(report.student))
        yield from (_hanging(line, width) for line in report.description.splitlines())
    if report.requirements:
        yield Text()
    yield from map(requirement_line, report.requirements)


def drift_parts(report: Report) -> Iterator[RenderableType]:
    """Generate what moved since the student was fitted, if its file stores its training rows."""
    if report.drift is None:
        return
    yield Text()
    yield heading("drift")
    yield from (Text(printable(each)) for each in drift_sentences(report.drift))
    for table in (drift_table(report, brief=True), figures_table(report, brief=True)):
        if table is not None:
            yield Text()
            yield _fill(_table(table.corner, no_wrap=True), table)


def repeat_parts(report: Report, width: int) -> Iterator[RenderableType]:
    """Generate the means over runs with other seeds, where there were any."""
    table = repeats_table(report, width)
    if table is not None:
        yield Text()
        yield Text(repeats_sentence(report))
        yield _fill(_table(table.corner, no_wrap=True), table)


def robustness_parts(report: Report) -> Iterator[RenderableType]:
    """Generate the table of the robustness, empty columns left out, and what holds for new rows."""
    table = robustness_table(report)
    shown = [
        k for k in range(len(table.headings)) if any(row.cells[k] is not None for row in table.rows)
    ]
    found = _table(table.corner, no_wrap=False)
    for k in shown:
        found.add_column(table.headings[k], justify="right")
    for row in table.rows:
        found.add_row(row.name, *(format_cell(row.cells[k]) for k in shown))
    yield found
    sentence = explain_bounds(report)
    if sentence:
        yield Text(sentence)


def _sources(report: Report) -> Iterator[RenderableType]:
    """Generate where the rows come from."""
    data = report.data
    tested = "" if data.test_path is None else f", tested on {printable(data.test_path)}"
    lines = [f"on {printable(data.path)}{data.drawn()}{tested}"]
    if data.training_rows is None:
        lines.append(f"tested on {data.test_rows:,} rows")
    else:
        lines.append(
            f"trained on {data.training_rows:,} rows + {data.synthetic_rows:,} synthetic, "
            f"validated on {data.validation_rows:,} + {data.validation_synthetic_rows:,}, "
            f"tested on {data.test_rows:,}"
        )
    yield Padding(Text("\n".join(lines)), (0, 0, 0, 2))


def _metrics(report: Report, width: int) -> RichTable:
    """Draw the table of the metrics without the columns that a narrow screen has no room for."""
    most = max(heading.drop for metric in METRICS for heading in metric.headings)
    for drop in range(most + 1):
        table = metrics_table(report, drop=drop)
        names = max(len(row.name) for row in table.rows)
        numbers = sum(max(len(each), NUMBER_WIDTH) + 2 for each in table.headings)
        if names + numbers <= width:
            break
    return _fill(_table(table.corner, no_wrap=True), table, no_wrap=True)


def _table(corner: str, *, no_wrap: bool) -> RichTable:
    table = RichTable(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 0, 0, 1), pad_edge=False)
    table.add_column(corner, no_wrap=no_wrap, overflow="fold")
    return table


def _fill(found: RichTable, table: Table, *, no_wrap: bool = False, mark: str = "") -> RichTable:
    for heading in table.headings:
        found.add_column(heading, justify="right", no_wrap=no_wrap)
    for row in table.rows:
        name = printable(row.name) + (mark if row.selected else "")
        found.add_row(name, *map(format_cell, row.cells), style="bold" if row.selected else "")
    return found


def cost_lines(report: Report) -> list[Text]:
    """Describe size and speed."""
    size, speed = report.student.size, report.timing
    counts = [
        f"{name.replace('_', ' ')} {size[name]:,}"
        for name in ("tree_depth", "leaves", "parameters")
        if name in size
    ]
    text = f"size   {size['bytes']:,} bytes"
    smaller = report.times_smaller()
    if report.teacher is not None and smaller is not None:
        text += f", teacher {report.teacher.bytes:,}: {format_ratio(smaller, 'smaller', 'larger')}"
    lines = [Text(text)]
    if counts:
        lines.append(Text(f"       {', '.join(counts)}"))
    text = f"speed  {abbreviate(speed.student_rows_per_second)} rows/s"
    if speed.teacher_rows_per_second is not None:
        text += f", teacher {abbreviate(speed.teacher_rows_per_second)}: "
        text += format_ratio(report.times_faster() or 0.0, "faster", "slower")
    return [*lines, Text(text)]


def comparison_parts(report: Report, search: SearchInfo) -> Iterator[RenderableType]:
    """Generate the Pareto front, where several candidates were compared."""
    table = comparison_table(report)
    if search.comparison is None or table is None:
        return
    yield Text()
    yield heading("comparison of candidates")
    sentence = explain_comparison(search.comparison, search.objective, report.depth_unit())
    yield Text(printable(sentence))
    yield _fill(_table(table.corner, no_wrap=False), table, mark=f" {SELECTED}")


def _comparison_plot(search: SearchInfo, width: int) -> Iterator[RenderableType]:
    """Generate the plot of the candidates, where several were compared."""
    if search.comparison is None:
        return
    yield Text()
    chosen = search.comparison.students[search.comparison.chosen]
    yield Text(f"{CIRCLE} fidelity  {_signs(search)}: {printable(chosen.name)}")
    yield from (Text(line) for line in pareto_plot(search.comparison, min(width, 80)))


def path_parts(
    search: SearchInfo, data: DataInfo, width: int, *, height: int = 9
) -> Iterator[RenderableType]:
    """Generate the path, where it has more than one step."""
    if search.path_rows < (data.training_rows or 0) + (data.synthetic_rows or 0):
        yield Text(
            f"The path was fitted on {search.path_rows:,} of the rows, "
            "the selected step was fine-tuned on all.",
            style="dim",
        )
    if len(search.steps) > 1:
        yield Text()
        rows = (data.validation_rows or 0) + (data.validation_synthetic_rows or 0)
        yield heading(f"the path, on {rows:,} validation rows")
        name = (
            "soft-label student"
            if search.threshold is None
            else f"threshold {search.threshold:.3f}"
        )
        yield Text(f"{CIRCLE} {MEAN_HEADING}  {_signs(search)}: {name}")
        yield from (Text(line) for line in path_plot(search, min(width, 80), height))


def _hanging(line: str, width: int) -> Text:
    """Wrap a line of the tree; what does not fit stands below, indented as its beginning."""
    branch = line[: len(line) - len(line.lstrip("| "))]
    if cell_len(line) <= width or len(branch) + 20 > width:
        return Text(line)
    words = Text(line[len(branch) :]).wrap(Console(width=width), width - len(branch) - 4)
    rest = [f"{branch}    {each.plain.strip()}" for each in words[1:]]
    return Text("\n".join([branch + words[0].plain.rstrip(), *rest]))


def heading(words: str) -> Text:
    """Style a heading."""
    return Text(words, style="bold")


def _signs(search: SearchInfo) -> str:
    return f"{STAR} depth {100 * search.delta:g}%  {BOTH} both  {SELECTED} selected"


def requirement_line(requirement: Requirement) -> Text:
    """Say whether a requirement is met."""
    verdict, style = ("met    ", "green") if requirement.met else ("NOT MET", "bold red")
    return Text(f"{verdict}  {format_requirement(requirement)}", style=style)
