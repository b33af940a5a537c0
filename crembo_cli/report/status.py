"""The status of a student: good, usable, weak or failed, by rules on what the report knows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from crembo_cli.evaluation.paired import paired_interval
from crembo_cli.report.drawings import join_names
from crembo_cli.report.faults import losses_to_baselines, lost_classes
from crembo_cli.report.gates import format_requirement
from crembo_cli.report.model import Report
from crembo_cli.report.verdict_model import STATUSES, Loss

GOOD, USABLE = 0.01, 0.05  # of accuracy, or of AUC where it decides: at most so much is lost
SURELY = 3.0  # times GOOD: the upper end of the interval of a good student
GOOD_FIDELITY, USABLE_FIDELITY = 0.97, 0.90  # without labels
RARE = 0.5  # a class is rare below this times the rows that it would have among equal classes


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why the status is no better than this one: a clause without a full stop."""

    status: str
    text: str
    about_loss: bool = False  # whether it repeats the loss in the headline


def status_of(report: Report) -> tuple[str | None, list[Reason]]:
    """Return the status, and the reasons for it, the gravest first.

    The status is that of the gravest reason; None if nothing can be judged, because there is no
    teacher, no requirement and no class that was lost.
    """
    reasons = sorted(_reasons(report), key=lambda each: -STATUSES.index(each.status))
    if reasons:
        return reasons[0].status, reasons
    return ("good" if loss_of(report) is not None else None), []


def loss_of(report: Report) -> Loss | None:
    """Return what the student loses to its teacher; None without a teacher.

    The interval is that of Agresti and Min (2005) for paired proportions: it stays honest where
    few rows, or none, tell the two apart.
    """
    student, teacher = report.metrics["student"], report.metrics.get("teacher")
    n = report.data.test_rows
    if teacher is None or student.fidelity is None:
        return None
    found = report.differences["teacher"].accuracy
    if found is None:
        value = 1.0 - student.fidelity
        return Loss(measure="fidelity", value=value, **_interval(value, value * n, n))
    # From the mean and its standard error: the rows where one is right and the other is not.
    apart = n * (n * found.error**2 + found.value**2)
    return Loss(measure="accuracy", value=-found.value, **_interval(-found.value, apart, n))


def _interval(value: float, apart: float, n: int) -> dict[str, float]:
    low, high = paired_interval(value, apart, n)
    return {"low": low, "high": high}


def rare_class_of(report: Report) -> str | None:
    """Name the rarest class of the test rows if it is rare; see RARE."""
    present = [each for each in report.by_class or [] if each.rows]
    if len(present) < 2:
        return None
    rarest = min(present, key=lambda each: each.rows)
    return rarest.name if rarest.rows < RARE * report.data.test_rows / len(present) else None


def decides_by_auc(report: Report) -> bool:
    """Whether AUC counts as accuracy does: a class is rare, or the scores were the objective."""
    scores = report.search is not None and report.search.objective == "scores"
    return scores or rare_class_of(report) is not None


def auc_loss_of(report: Report) -> float | None:
    """Return the AUC that is lost to the teacher; None where it does not count or is unknown."""
    teacher = report.differences.get("teacher")
    if teacher is None or teacher.roc_auc is None or not decides_by_auc(report):
        return None
    return -teacher.roc_auc.value


def _reasons(report: Report) -> Iterator[Reason]:
    """Generate every reason for a status below good."""
    failed = [format_requirement(each) for each in report.requirements if not each.met]
    if failed:
        yield Reason(status="failed", text=f"not met: {'; '.join(failed)}")
    yield from (Reason(status="failed", text=each) for each in lost_classes(report))
    for losses in losses_to_baselines(report):
        far = losses.accuracy > USABLE
        yield Reason(
            status="failed" if far else "weak",
            text=f"{losses.name} is better by more than chance: {join_names(losses.measures)}",
        )
    loss = loss_of(report)
    if loss is not None:
        yield from _by_loss(loss, report.data.test_rows)
    auc = auc_loss_of(report)
    if auc is not None and auc > GOOD:
        rare = rare_class_of(report)
        why = f"{rare!r} is rare" if rare is not None else "scores were requested"
        yield Reason(
            status="usable" if auc <= USABLE else "weak",
            text=f"AUC is {auc:.3f} below the teacher's, and {why}",
        )


def _by_loss(loss: Loss, rows: int) -> Iterator[Reason]:
    if loss.measure == "fidelity":
        if loss.value > 1 - GOOD_FIDELITY:
            usable = loss.value <= 1 - USABLE_FIDELITY
            least = USABLE_FIDELITY if not usable else GOOD_FIDELITY
            yield Reason(
                status="usable" if usable else "weak",
                text=f"fidelity is below {least:.0%}",
                about_loss=True,
            )
    elif loss.value > GOOD:
        usable = loss.value <= USABLE
        most = GOOD if usable else USABLE
        yield Reason(
            status="usable" if usable else "weak",
            text=f"it loses more than {100 * most:g} point{'' if usable else 's'} of accuracy",
            about_loss=True,
        )
    elif loss.high > SURELY * GOOD:
        yield Reason(
            status="usable",
            text=f"{rows:,} test rows cannot rule out a loss of {100 * loss.high:.1f} points",
            about_loss=True,
        )
