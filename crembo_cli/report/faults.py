"""What makes a student bad, whatever its accuracy is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from crembo_cli.report.advice import next_command
from crembo_cli.report.drawings import join_names
from crembo_cli.report.metrics import CLASSIFIERS, look_up
from crembo_cli.report.model import Report

BASELINES = ("baseline_labels", "baseline_teacher", "baseline_soft")
SHARE, ROWS = 0.01, 20  # of the test rows: a class that is predicted as often must not vanish
ERRORS = 2.0  # standard errors that a baseline must lead by: there are nine comparisons
# Measures of class probabilities: the key, the name, and the sign of a student that is worse.
MEASURES = (("roc_auc", "AUC", -1), ("log_loss", "log loss", 1), ("kl", "KL divergence", 1))


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One fault of the student."""

    headline: str
    detail: str  # what comes after it: a sentence without its full stop


def faults_of(report: Report) -> list[Fault]:
    """List the faults, the worst first."""
    return [*_lost_classes(report), *_better_baseline(report)]


def fault_sentences(report: Report) -> list[str]:
    """Put what comes after each headline in a sentence, with the command to try next."""
    return [
        f"{fault.detail}. Try: {next_command(report, k)}"
        for k, fault in enumerate(faults_of(report))
    ]


def _lost_classes(report: Report) -> Iterator[Fault]:
    """Generate the fault of a student that never predicts what its teacher does.

    Without a teacher it is compared with the true labels.
    """
    classes = report.by_class or []
    rows = report.data.test_rows
    said = [sum(each.predicted[k] for each in classes) for k in range(len(classes))]
    whose = "The true label is" if report.teacher is None else "The teacher predicts"
    expected = [
        each.rows if report.teacher is None else each.teacher_predicted or 0 for each in classes
    ]
    names = [each.name for each in classes]
    if sum(count > 0 for count in said) == 1 < sum(count > 0 for count in expected):
        only = said.index(max(said))
        yield Fault(
            headline=f"The student predicts {names[only]!r} on all {rows:,} test rows",
            detail=f"{whose} another class on {rows - expected[only]:,} of them",
        )
        return
    lost = [
        k
        for k, count in enumerate(said)
        if count == 0 and (expected[k] >= SHARE * rows or expected[k] >= ROWS) and expected[k] > 0
    ]
    if lost:
        listed = join_names([repr(names[k]) for k in lost])
        counts = join_names([f"{names[k]!r} on {expected[k]:,}" for k in lost])
        yield Fault(
            headline=f"The student never predicts {listed}",
            detail=f"{whose} {counts} of {rows:,} test rows",
        )


def _better_baseline(report: Report) -> Iterator[Fault]:
    """Generate the fault of a student whose probabilities a CART tree surely beats."""
    best: list[str] = []
    name = ""
    for key in BASELINES:
        losses = list(_losses(report, key))
        if len(losses) > len(best):
            best, name = losses, key
    if best:
        size = "" if report.baselines is None else f" of {report.baselines.text()}"
        tree = CLASSIFIERS[name]
        yield Fault(
            headline=f"A CART tree{size} has better class probabilities",
            detail=f"{tree[0].upper()}{tree[1:]} has better class probabilities by more than "
            f"{ERRORS:g} standard errors: {join_names(best)}",
        )


def _losses(report: Report, baseline: str) -> Iterator[str]:
    """Generate the measures in which a baseline leads by more than ERRORS standard errors."""
    for key, text, sign in MEASURES:
        found = look_up(report.differences.get(baseline), (key,))
        if found is not None and sign * found.value > ERRORS * found.error:
            own = look_up(report.metrics, ("student", key))
            other = look_up(report.metrics, (baseline, key))
            yield f"{text} {other:.3f} against {own:.3f}"
