"""The rows of the tables on the HTML page."""

from __future__ import annotations

from collections.abc import Iterator

from crembo_cli.report.model import Report
from crembo_cli.report.words import ratio, short
from crembo_cli.robustness.model import WeakSpot

MOST_BELIEFS = 3  # classes named where the teacher believes least in what is said
FIGURES = (
    "accuracy",
    "balanced",
    "fidelity",
    "depth",
    "depth 1%",
    "depth 5%",
    "depth 10%",
    "belief",
)


def figures_of(report: Report) -> Iterator[tuple[str, list[float | None]]]:
    """FIGURES of each classifier that was measured, by the report's names."""
    for name, each in report.metrics.items():
        yield (
            name,
            [
                each.accuracy,
                each.balanced_accuracy,
                each.fidelity,
                each.depth,
                *each.insensitive_depth.values(),
                each.mean_belief,
            ],
        )


def costs_of(report: Report) -> Iterator[tuple[str, str, str]]:
    """Sizes and speeds: a name, the student's, and the teacher's."""
    size, speed, teacher = report.student.size, report.timing, report.teacher
    for name, value in size.items():
        if name != "bytes":
            yield name.replace("_", " "), f"{value:,}", ""
    told = ""
    # A table of beliefs is no model that the student could be smaller than.
    if teacher is not None and speed.teacher_rows_per_second is not None:
        times = ratio(teacher.bytes / size["bytes"], "smaller", "larger")
        told = f"{teacher.bytes:,} (the student is {times})"
    yield "bytes", f"{size['bytes']:,}", told
    told = ""
    if speed.teacher_rows_per_second is not None:
        times = ratio(
            speed.student_rows_per_second / speed.teacher_rows_per_second, "faster", "slower"
        )
        told = f"{short(speed.teacher_rows_per_second)} (the student is {times})"
    yield "rows a second", short(speed.student_rows_per_second), told


def depths_of(report: Report) -> Iterator[tuple[str, int, list[float]]]:
    """Depth on the rows that the student was fitted on, chosen by and measured on."""
    found = report.robustness.depth
    if found is None or found.fit is None:
        return  # of an evaluated student the test rows alone are known, and their figures above
    for name, each in (("fit", found.fit), ("selection", found.selection), ("test", found.test)):
        if each is not None:
            yield name, each.rows, [each.depth, *each.insensitive_depth.values(), each.mean_belief]


def bounds_of(report: Report) -> Iterator[tuple[str, str, float]]:
    """What holds for rows not seen: a name, "at least" or "at most", and the bound."""
    found = report.robustness.bounds
    for name, value in (("accuracy", found.accuracy), ("fidelity", found.fidelity)):
        if value is not None:
            yield name, "at least", value
    for d, value in (found.below or {}).items():
        yield f"belief below {d}", "at most", value


def beliefs_at(report: Report, spot: WeakSpot) -> str:
    """The classes that the teacher believes in most on the rows of a weak spot."""
    if report.teacher is None:
        return ""
    named = sorted(zip(spot.beliefs, map(str, report.teacher.classes), strict=True), reverse=True)
    return ", ".join(f"{name} {belief:.2f}" for belief, name in named[:MOST_BELIEFS])
