"""The four numbers at the head of a page: what a reader remembers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from crembo_cli.report.drawings import abbreviate
from crembo_cli.report.model import Report
from crembo_cli.report.status import decides_by_auc


@dataclass(frozen=True, kw_only=True)
class BigNumber:
    """A number with what it is and what it compares to."""

    value: str
    name: str
    beside: str


def big_numbers(report: Report) -> list[BigNumber]:
    """Return the four that matter most of those that are known; fewer if few are known."""
    return [*_quality(report)][:2] + [*_cost(report), *[*_quality(report)][2:]][:2]


def _quality(report: Report) -> Iterator[BigNumber]:
    """AUC where it decides, accuracy, fidelity, depth."""
    student, teacher = report.metrics["student"], report.metrics.get("teacher")
    scores = [("AUC", student.roc_auc, teacher and teacher.roc_auc)] * decides_by_auc(report)
    scores.append(("accuracy", student.accuracy, teacher and teacher.accuracy))
    for name, own, other in scores:
        if own is not None:
            beside = "" if other is None else f"teacher {other:.3f}"
            yield BigNumber(value=f"{own:.3f}", name=name, beside=beside)
    if student.fidelity is not None:
        rows = f"same label as the teacher, {report.data.test_rows:,} rows"
        yield BigNumber(value=f"{student.fidelity:.1%}", name="fidelity", beside=rows)
    depth = (student.insensitive_depth or {}).get("0.05")
    if depth is not None:
        beside = f"lowest {report.depth_unit()} on 95 % of the rows"
        yield BigNumber(value=f"{depth:.3f}", name="depth at 5 %", beside=beside)


def _cost(report: Report) -> Iterator[BigNumber]:
    """Size and speed, as times those of the teacher where it is a model."""
    size, speed = report.student.size["bytes"], report.timing.student_rows_per_second
    smaller, faster = report.times_smaller(), report.times_faster()
    own = f"{size:,} bytes"
    yield BigNumber(
        value=own if smaller is None else _times(smaller),
        name="size" if smaller is None else "smaller" if smaller >= 1 else "larger",
        beside="" if smaller is None else own,
    )
    rate = f"{abbreviate(speed)} rows/s"
    yield BigNumber(
        value=rate if faster is None else _times(faster),
        name="speed" if faster is None else "faster" if faster >= 1 else "slower",
        beside="" if faster is None else rate,
    )


def _times(ratio: float) -> str:
    ratio = ratio if ratio >= 1 else 1 / ratio
    return f"{ratio:,.0f}x" if ratio >= 10 else f"{ratio:.1f}x"
