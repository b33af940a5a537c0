"""The tables of a report, for every renderer to draw; their columns come from METRICS."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isinf

from crembo_cli.report.drawings import abbreviate, format_ratio
from crembo_cli.report.gains import Gain, gain_over
from crembo_cli.report.metrics import (
    CLASSIFIERS,
    METRICS,
    PLACEHOLDERS,
    Heading,
    Keys,
    columns,
    drawn_paths,
    look_up,
    needs_of,
)
from crembo_cli.report.model import Report
from crembo_cli.robustness.model import WeakGroup
from crembo_cli.students.tree.text import UNSEEN_MARK, UNSEEN_NOTE

Cell = str | int | float | None
TABLES_OF_THEIR_OWN = ("bounds", "depth", "weakest_groups")  # parts of the robustness
SMALLEST = 0.001  # a smaller figure would show as 0.000
UNCHANGEABLE = "no change"  # an infinite margin: no change of the numbers changes the prediction
MOST_PROBABILITIES = 3  # classes named for a weak group


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of a table."""

    name: str
    cells: list[Cell]
    key: str = ""  # a classifier's key in the JSON report
    selected: bool = False  # drawn in bold
    gains: Sequence[Gain | None] = ()  # the student's, beside the cells


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table: `headings` are those of the rows' cells, `corner` stands above the names."""

    corner: str
    headings: list[str]
    rows: list[Row]


def format_cell(value: Cell) -> str:
    """Format a cell: a dash for None, three digits for a float, thousands for a count.

    A float below .001 is in scientific notation, and an infinite margin in words.
    """
    if value is None:
        return "-"
    if isinstance(value, str):
        return value
    if not isinstance(value, float):
        return f"{value:,}"
    if isinf(value):
        return UNCHANGEABLE
    return f"{value:.0e}" if 0 < abs(value) < SMALLEST else f"{value:.3f}"


def metrics_table(report: Report, *, drop: int = 0) -> Table:
    """Build the short table of the metrics, a row for each classifier.

    `drop` leaves out as many columns as a narrow terminal has no room for.
    """
    shown = columns("metrics.{classifier}", brief=True)
    return _by_classifier(report, [each for each in shown if not 0 < each[0].drop <= drop])


def label_table(report: Report) -> Table:
    """Build the table of the metrics of the predicted labels, a row for each classifier."""
    return _by_classifier(report, _measured_on(probabilities=False))


def score_table(report: Report) -> Table | None:
    """Build the table of the metrics of the class probabilities; None if none is known."""
    return (
        _by_classifier(report, _measured_on(probabilities=True))
        if report.has_probabilities()
        else None
    )


def _measured_on(*, probabilities: bool) -> list[tuple[Heading, Keys]]:
    return [
        (heading, keys)
        for heading, keys in columns("metrics.{classifier}", brief=False)
        if ("probabilities" in needs_of(("metrics", "student", *keys))) == probabilities
    ]


def _by_classifier(report: Report, shown: Sequence[tuple[Heading, Keys]]) -> Table:
    return Table(
        corner="test rows",
        headings=_texts(shown),
        rows=[
            Row(
                name=sized_name(report, key),
                cells=[look_up(metrics, keys) for _, keys in shown],
                key=key,
                selected=key == "student",
                gains=[gain_over(report, key, keys) for _, keys in shown],
            )
            for key, metrics in report.metrics.items()
        ],
    )


def sized_name(report: Report, classifier: str) -> str:
    """Name a classifier; a baseline with its size."""
    name = CLASSIFIERS[classifier]
    if report.baselines is None or not classifier.startswith("baseline"):
        return name
    return f"{name}, {report.baselines.text()}"


def robustness_table(report: Report) -> Table:
    """Build the table of the robustness metrics, a column for each classifier.

    A metric that the student has no value of is left out.
    """
    cells: dict[str, tuple[str, list[Cell]]] = {
        metric.name: (heading.text, [_of_classifier(report, keys, key) for key in CLASSIFIERS])
        for metric in METRICS
        if metric.path.startswith("robustness.") and metric.keys()[1] not in TABLES_OF_THEIR_OWN
        for heading, keys in drawn_paths(metric)
    }
    known = {name for name, (_, values) in cells.items() if values[0] is not None}
    hidden = {each.name for each in METRICS if each.instead_of in known}
    return Table(
        corner="robustness",
        headings=list(CLASSIFIERS.values()),
        rows=[
            Row(name=text, cells=values)
            for name, (text, values) in cells.items()
            if name in known - hidden
        ],
    )


def _of_classifier(report: Report, keys: Keys, classifier: str) -> Cell:
    """Look up a metric of one classifier; a path without a classifier is the student's."""
    if not set(keys) & {"{refitted}", "{queried}"}:
        value: Cell = look_up(report, keys) if classifier == "student" else None
    else:
        value = look_up(report, [classifier if key.startswith("{") else key for key in keys])
    return value


def comparison_table(report: Report) -> Table | None:
    """Build the table of the Pareto front and the selected candidate; None without several."""
    if report.search is None or report.search.comparison is None:
        return None
    found = report.search.comparison
    shown = columns("search.comparison.students.*", brief=True)
    return Table(
        corner="Pareto front",
        headings=_texts(shown, delta=f"{100 * report.search.delta:g}%"),
        rows=[
            Row(
                name=each.name,
                cells=[look_up(each, keys) for _, keys in shown],
                selected=place == found.chosen,
            )
            for place, each in enumerate(found.students)
            if each.on_front or place == found.chosen
        ],
    )


def class_table(report: Report) -> Table | None:
    """Build the table of the metrics by class; None without labels and teacher."""
    if report.by_class is None:
        return None
    shown = columns("by_class.*", brief=True)
    return Table(
        corner="class",
        headings=_texts(shown),
        rows=[
            Row(name=each.name, cells=[look_up(each, keys) for _, keys in shown])
            for each in report.by_class
        ],
    )


def weakest_table(report: Report, *, brief: bool, most: int | None = None) -> Table | None:
    """Build the table of the first `most` groups with the lowest depth; None without any."""
    groups = report.robustness.weakest_groups
    if not groups:
        return None
    shown = columns("robustness.weakest_groups.*", brief=brief)
    starred = any("}" + UNSEEN_MARK in each.rule for each in groups[:most])
    data = report.data
    some = (
        f", on {data.grouped_rows:,} of the test rows" if data.grouped_rows < data.test_rows else ""
    )
    return Table(
        corner=f"where{some} ({UNSEEN_NOTE})" if starred else f"where{some}",
        headings=["predicted", *_texts(shown), *([] if brief else ["teacher probabilities"])],
        rows=[
            Row(
                name=each.rule,
                cells=[
                    each.predicted,
                    *(look_up(each, keys) for _, keys in shown),
                    *([] if brief else [_probabilities(report, each)]),
                ],
            )
            for each in groups[:most]
        ],
    )


def _probabilities(report: Report, group: WeakGroup) -> str:
    """Name the classes with the highest teacher probability in a group."""
    if report.teacher is None:
        return ""
    classes = map(str, report.teacher.classes)
    pairs = sorted(zip(group.beliefs, classes, strict=True), reverse=True)
    return ", ".join(f"{name} {value:.2f}" for value, name in pairs[:MOST_PROBABILITIES])


def depth_table(report: Report) -> Table | None:
    """Build the table of depth on training, validation and test rows.

    None for an evaluated student: only its test rows are known, and the table of the metrics
    shows those.
    """
    found = report.robustness.depth
    if found is None or found.training is None:
        return None
    shown = columns("robustness.depth.{rows}", brief=False)
    return Table(
        corner="",
        headings=_texts(shown),
        rows=[
            Row(name=name, cells=[look_up(found, (name, *keys)) for _, keys in shown])
            for name in PLACEHOLDERS["{rows}"]
            if look_up(found, (name,)) is not None
        ],
    )


def bounds_table(report: Report) -> Table:
    """Build the table of what holds for new rows; without rows if nothing is known."""
    shown = columns("robustness.bounds", brief=False)
    values = [(heading, look_up(report.robustness.bounds, keys)) for heading, keys in shown]
    return Table(
        corner="",
        headings=["bound"],
        rows=[
            Row(name=heading.text, cells=[value]) for heading, value in values if value is not None
        ],
    )


def cost_table(report: Report) -> Table:
    """Build the table of size and speed, of the student and of the teacher."""
    size, speed, teacher = report.student.size, report.timing, report.teacher
    bytes_, rows = "", ""
    smaller, faster = report.times_smaller(), report.times_faster()
    if teacher is not None and smaller is not None:
        bytes_ = f"{teacher.bytes:,} (the student is {format_ratio(smaller, 'smaller', 'larger')})"
    if speed.teacher_rows_per_second is not None and faster is not None:
        ratio = format_ratio(faster, "faster", "slower")
        rows = f"{abbreviate(speed.teacher_rows_per_second)} (the student is {ratio})"
    return Table(
        corner="",
        headings=["student", "teacher"],
        rows=[
            *(
                Row(name=name.replace("_", " "), cells=[value, ""])
                for name, value in size.items()
                if name != "bytes"
            ),
            Row(name="bytes", cells=[size["bytes"], bytes_]),
            Row(
                name="rows per second",
                cells=[abbreviate(speed.student_rows_per_second), rows],
            ),
        ],
    )


def _texts(shown: Sequence[tuple[Heading, Keys]], delta: str = "5%") -> list[str]:
    return [heading.text.format(delta=delta) for heading, _ in shown]
