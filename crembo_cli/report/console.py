"""The report as it is drawn in a terminal: one screen, at most 100 columns."""

from __future__ import annotations

from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from crembo_cli.assessment import Metrics
from crembo_cli.report.model import Report
from crembo_cli.report.plot import BELIEF, CHOSEN, DEPTH, path_plot

MOST_COLUMNS = 100
MOST_LEAVES = 16  # a tree with more is not drawn: it would not fit on the screen
NAMES = {
    "student": "student",
    "teacher": "teacher",
    "baseline_labels": "CART on labels",
    "baseline_teacher": "CART on teacher",
}


def draw(report: Report, console: Console) -> None:
    """Draw `report` on `console`, no wider than 100 columns."""
    width = min(console.width, MOST_COLUMNS)
    console.print(drawing(report, width), width=width, highlight=False)


def drawing(report: Report, width: int) -> RenderableType:
    """The parts of the report, from the verdict down."""
    parts: list[RenderableType] = [_title(report), _metrics(report), *_cost(report)]
    if report.search.path_rows < report.data.fit_rows + report.data.synthetic_rows:
        parts.append(
            Text(
                f"The path was found on {report.search.path_rows:,} of the rows, "
                "the chosen step polished on all.",
                style="dim",
            )
        )
    if len(report.search.steps) > 1:
        parts += [Text(), _heading(_path_title(report))]
        parts += [Text(line) for line in path_plot(report.search, min(width, 80))]
    if report.description and report.student.size.get("leaves", MOST_LEAVES + 1) <= MOST_LEAVES:
        parts += [Text(), _heading("The tree (in brackets the leaf's mean belief in its class)")]
        parts += [Text(report.description)]
    if report.requirements:
        parts.append(Text())
    parts += [_requirement(each.expression, each.value, each.met) for each in report.requirements]
    return Group(*parts)


def _heading(words: str) -> Text:
    return Text(words, style="bold")


def _title(report: Report) -> Text:
    data = report.data
    title = Text.assemble((report.student.path, "bold"), f", a {report.student.family} student\n")
    title.append(f"  of {report.teacher.path}\n  on {data.path}")
    title.append(f", tested on {data.test_path}" if data.test_path else "")
    title.append(
        f"\n  fitted on {data.fit_rows:,} rows + {data.synthetic_rows:,} synthetic, "
        f"chosen on {data.selection_rows:,} + {data.held_synthetic_rows:,}, "
        f"tested on {data.test_rows:,}"
    )
    return title


def _metrics(report: Report) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), pad_edge=False)
    table.add_column("test rows", no_wrap=True)
    for name in ("accuracy", "balanced", "fidelity", "depth", "depth 5%", "belief"):
        table.add_column(name, justify="right", no_wrap=True)
    for name, metrics in report.metrics.items():
        table.add_row(NAMES[name], *_figures(metrics), style="bold" if name == "student" else "")
    return table


def _figures(metrics: Metrics) -> list[str]:
    values = (
        metrics.accuracy,
        metrics.balanced_accuracy,
        metrics.fidelity,
        metrics.depth,
        metrics.insensitive_depth["0.05"],
        metrics.mean_belief,
    )
    return ["-" if value is None else f"{value:.3f}" for value in values]


def _cost(report: Report) -> list[Text]:
    size, speed = report.student.size, report.timing
    counts = [
        f"{name.replace('_', ' ')} {size[name]:,}"
        for name in ("tree_depth", "leaves", "parameters")
        if name in size
    ]
    smaller = report.teacher.bytes / size["bytes"]
    lines = [
        Text(
            f"size   {size['bytes']:,} bytes, teacher {report.teacher.bytes:,}: "
            f"{_ratio(smaller, 'smaller', 'larger')}\n       {', '.join(counts)}"
        )
    ]
    told = f"speed  {_short(speed.student_rows_per_second)} rows/s"
    if speed.teacher_rows_per_second is not None:
        faster = speed.student_rows_per_second / speed.teacher_rows_per_second
        told += f", teacher {_short(speed.teacher_rows_per_second)}: "
        told += _ratio(faster, "faster", "slower")
    return [*lines, Text(told)]


def _ratio(ratio: float, above: str, below: str) -> str:
    return f"{ratio:.1f}x {above}" if ratio >= 1 else f"{1 / ratio:.1f}x {below}"


def _short(number: float) -> str:
    for size, unit in ((1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:.1f}{unit}"
    return f"{number:.0f}"


def _path_title(report: Report) -> str:
    search = report.search
    at = "the belief student" if search.threshold is None else f"threshold {search.threshold:.3f}"
    return (
        f"the path: {BELIEF} mean belief, {DEPTH} depth {search.delta:.0%}, {CHOSEN} chosen: {at}"
    )


def _requirement(expression: str, value: float, met: bool) -> Text:
    if met:
        return Text(f"met      {expression} (it is {value:g})", style="green")
    return Text(f"NOT MET  {expression} (it is {value:g})", style="bold red")
