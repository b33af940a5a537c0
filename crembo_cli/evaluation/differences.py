"""Paired differences between the student and the other classifiers, with their standard errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from crembo_cli.arrays import Doubles
from crembo_cli.dataset.labelled import LabelledTable
from crembo_cli.evaluation import scores
from crembo_cli.evaluation.metrics import Prediction


@dataclass(frozen=True, kw_only=True)
class Difference:
    """The student's metric less another classifier's, on the same rows."""

    value: float
    error: float  # the standard error of `value` over the rows


@dataclass(frozen=True, kw_only=True)
class Differences:
    """The differences from one classifier; None where a metric of either is None."""

    accuracy: Difference | None
    fidelity: Difference | None
    log_loss: Difference | None
    kl: Difference | None
    roc_auc: Difference | None


def differences_of(
    test: LabelledTable, predicted: Mapping[str, Prediction], *, teacher: bool = True
) -> dict[str, Differences]:
    """Compare the student in `predicted` with every other classifier on the rows of `test`.

    `teacher`: whether the beliefs of `test` are those of a teacher.
    """
    student = _parts(test, predicted["student"], teacher=teacher)
    found = {}
    for name, prediction in predicted.items():
        if name != "student":
            other = _parts(test, prediction, teacher=teacher)
            found[name] = Differences(
                **{key: _difference(student[key], other[key]) for key in student}
            )
    return found


def _parts(
    test: LabelledTable, predicted: Prediction, *, teacher: bool
) -> dict[str, Doubles | None]:
    """Return for each metric a part of each row, float64 (n,), whose mean is the metric."""
    y, Q = test.y_true, predicted.probabilities
    found: dict[str, Doubles | None] = {
        "accuracy": None if y is None else (predicted.labels == y).astype(np.float64),
        "fidelity": (
            (predicted.labels == test.teacher_labels()).astype(np.float64) if teacher else None
        ),
        "log_loss": None if y is None or Q is None else scores.log_loss_by_row(Q, y),
        "kl": scores.kl_by_row(test.beliefs, Q) if teacher and Q is not None else None,
        "roc_auc": None,
    }
    if y is not None and Q is not None:
        area, influence = scores.roc_auc(Q, y), scores.auc_influence(Q, y)
        if area is not None and influence is not None:
            found["roc_auc"] = area + influence
    return found


def _difference(student: Doubles | None, other: Doubles | None) -> Difference | None:
    if student is None or other is None:
        return None
    each = student - other
    return Difference(value=float(each.mean()), error=float(each.std() / np.sqrt(len(each))))
