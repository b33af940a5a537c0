"""Sentences and tables of a comparison, for every renderer."""

from __future__ import annotations

from collections.abc import Iterator

from crembo_cli.evaluation.disagreements import ALL_ROWS, Disagreement
from crembo_cli.evaluation.paired import COMPARED
from crembo_cli.report.compare.model import CompareReport
from crembo_cli.report.drawings import abbreviate, join_names
from crembo_cli.report.metrics import METRICS, drawn_paths, look_up, split_path
from crembo_cli.report.tables import Cell, Row, Table

BETTER, WORSE = "better", "worse"


def heading_of(metric: str) -> str:
    """Name a metric as the other reports do: "AUC", "depth 5%"."""
    path = ("metrics", "{classifier}", *split_path(metric))
    headings = {keys: heading.text for each in METRICS for heading, keys in drawn_paths(each)}
    return headings[path]


def standing_of(report: CompareReport, metric: str) -> str:
    """Say whether B is "better" or "worse" beyond chance, by the interval; else ""."""
    found = report.delta[metric]
    if found is None or found.low <= 0 <= found.high:
        return ""
    name = "insensitive_depth.0.05" if metric.startswith("insensitive_depth") else metric
    lower = next(each.better for each in METRICS if each.name == name) == "lower"
    return BETTER if (found.high < 0) == lower else WORSE


def headline_of(report: CompareReport) -> str:
    """Say in one sentence in what B is better and worse than A."""
    known = [metric for metric in COMPARED if report.delta[metric] is not None]
    found = {
        word: [heading_of(each) for each in known if standing_of(report, each) == word]
        for word in (BETTER, WORSE)
    }
    parts = [f"{word} in {join_names(names)}" for word, names in found.items() if names]
    if parts:
        return f"B is {join_names(parts)} than A, beyond chance."
    if known:
        return "B does not differ from A beyond chance."
    return "Without labels and without a teacher neither can be called better."


def agreement_sentence(report: CompareReport) -> str:
    """Say on how many rows the two predict the same class."""
    rows = report.data.queried_rows
    differing = rows - round(report.agreement * rows)
    if not differing:
        return f"Both predict the same class on all {rows:,} rows."
    some = report.data.grouped_rows
    groups = ""
    if some < rows and report.disagreements:
        groups = f" The groups are those of {some:,} drawn rows."
    return (
        f"They predict the same class on {report.agreement:.1%} of {rows:,} rows and differ on "
        f"{differing:,}.{groups}"
    )


def fitted_sentences(report: CompareReport) -> Iterator[str]:
    """Warn of metrics on rows that a student was fitted on."""
    for key, student in report.students.items():
        if student.fitted_on:
            yield f"{key.upper()} was fitted on rows of this table: its metrics are optimistic."


def delta_table(report: CompareReport) -> Table:
    """Build the table of both students, their differences and the intervals."""
    rows = []
    for metric in COMPARED:
        delta = report.delta[metric]
        values = [look_up(report.metrics, (key, *split_path(metric))) for key in "ab"]
        if values != [None, None]:
            cells: list[Cell] = [*values, None, None, ""]
            if delta is not None:
                interval = f"{delta.low:+.3f} to {delta.high:+.3f}"
                cells[2:] = [f"{delta.value:+.3f}", interval, standing_of(report, metric)]
            rows.append(Row(name=heading_of(metric), cells=cells))
    sizes = [each.size for each in report.students.values()]
    for name in ("bytes", "parameters", "leaves"):
        pair = [size.get(name) for size in sizes]
        if pair[0] is not None and pair[1] is not None:
            rows.append(Row(name=name, cells=[*pair, f"{pair[1] - pair[0]:+,}", "", ""]))
    speeds = [report.timing.rows_per_second[key] for key in "ab"]
    shown: list[Cell] = [None if each is None else abbreviate(each) for each in speeds]
    rows.append(Row(name="rows per second", cells=[*shown, "", "", ""]))
    return Table(corner="", headings=["A", "B", "B - A", "95 % interval", "B is"], rows=rows)


def where_of(group: Disagreement) -> str:
    """Say in which rows the two differ: "4 of 9 rows where age > 30"."""
    condition = "" if group.where == ALL_ROWS else f" where {group.where}"
    return f"{group.differing:,} of {group.rows:,} rows{condition}"


def who_of(group: Disagreement) -> str:
    """Say what each predicts there, and who is right."""
    parts = [f"A mostly predicts {group.a}, B {group.b}"]
    for word, a, b in (
        ("right", group.a_correct, group.b_correct),
        ("as the teacher", group.a_faithful, group.b_faithful),
    ):
        if a is not None and b is not None:
            parts.append(f"{word}: A {a:,}, B {b:,}")
    return "; ".join(parts)
