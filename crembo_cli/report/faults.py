"""What makes a student bad, whatever its accuracy is: lost classes, and better baselines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from crembo_cli.report.drawings import join_names
from crembo_cli.report.metrics import CLASSIFIERS, look_up
from crembo_cli.report.model import Report

BASELINES = ("baseline_labels", "baseline_teacher", "baseline_soft")
SHARE, ROWS = 0.01, 20  # of the test rows: a class that is predicted as often must not vanish
ERRORS = 2.0  # standard errors that a baseline must lead by: there are twelve comparisons
LEAST = 0.01  # and by so much: a point, .01 of AUC, .01 nats
# What a baseline may be better in: the key, the name, and the sign of a student that is worse.
MEASURES = (
    ("accuracy", "accuracy", -1),
    ("roc_auc", "AUC", -1),
    ("log_loss", "log loss", 1),
    ("kl", "KL divergence", 1),
)


@dataclass(frozen=True, kw_only=True)
class BaselineLead:
    """What a baseline is better in by more than chance."""

    name: str  # "a soft CART of depth 5"
    accuracy: float  # its lead in accuracy, 0 if that is not sure
    measures: list[str]  # "AUC 0.940 against 0.900"


def lost_classes(report: Report) -> Iterator[str]:
    """Generate a clause on the classes that the student never predicts and its teacher does.

    Without a teacher it is compared with the true labels.
    """
    classes = report.by_class or []
    rows = report.data.test_rows
    predicted = [sum(each.predicted[k] for each in classes) for k in range(len(classes))]
    whose = "the true label is" if report.teacher is None else "the teacher predicts"
    expected = [
        each.rows if report.teacher is None else each.teacher_predicted or 0 for each in classes
    ]
    names = [each.name for each in classes]
    if sum(count > 0 for count in predicted) == 1 < sum(count > 0 for count in expected):
        only = predicted.index(max(predicted))
        yield (
            f"it predicts {names[only]!r} on all {rows:,} test rows; {whose} another class on "
            f"{rows - expected[only]:,} of them"
        )
        return
    lost = [
        k
        for k, count in enumerate(predicted)
        if count == 0 and (expected[k] >= SHARE * rows or expected[k] >= ROWS) and expected[k] > 0
    ]
    if lost:
        listed = join_names([repr(names[k]) for k in lost])
        counts = join_names([f"{names[k]!r} on {expected[k]:,}" for k in lost])
        yield f"it never predicts {listed}; {whose} {counts} of {rows:,} test rows"


def losses_to_baselines(report: Report) -> Iterator[BaselineLead]:
    """Generate the baseline that is better in the most measures, if there is one."""
    found = [_lead(report, key) for key in BASELINES]
    best = max(found, key=lambda each: (each.accuracy, len(each.measures)))
    if best.measures:
        yield best


def _lead(report: Report, baseline: str) -> BaselineLead:
    """The measures in which a baseline is better by more than LEAST and ERRORS standard errors."""
    measures, accuracy = [], 0.0
    for key, text, sign in MEASURES:
        found = look_up(report.differences.get(baseline), (key,))
        if found is not None and sign * found.value > max(LEAST, ERRORS * found.error):
            own = look_up(report.metrics, ("student", key))
            other = look_up(report.metrics, (baseline, key))
            measures.append(f"{text} {other:.3f} against {own:.3f}")
            accuracy = max(accuracy, abs(found.value)) if key == "accuracy" else accuracy
    size = "" if report.baselines is None else f" of {report.baselines.text()}"
    return BaselineLead(
        name=f"a {CLASSIFIERS[baseline]}{size}", accuracy=accuracy, measures=measures
    )
