"""Metrics of a classifier on given rows, overall and by class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from crembo_cli.core.beliefs import depth_by_row, empirical_depth, insensitive_depth, mean_belief
from crembo_cli.dataset.labelled import LabelledTable
from crembo_cli.evaluation import scores
from crembo_cli.students.contract import Floats, Indices

DELTAS = (0.01, 0.05, 0.1)  # shares of the rows that insensitive depth leaves out


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """What one classifier predicts for n rows."""

    labels: Indices  # (n,) class indices
    probabilities: Floats | None  # (n, c); None: its scores are not probabilities


@dataclass(frozen=True, kw_only=True)
class Metrics:
    """Metrics of one classifier on one set of rows.

    Fidelity, the depths, `mean_belief` and `kl` are None without a teacher, the others without
    labels. From `log_loss` on, all are None if the classifier has no probabilities, and the last
    three if all rows have one class.
    """

    accuracy: float | None
    balanced_accuracy: float | None  # mean recall over the classes in y_true
    fidelity: float | None  # share of rows where it predicts the teacher's label
    depth: float | None  # lowest teacher probability of a predicted class
    insensitive_depth: dict[str, float | None]  # by delta, as text: "0.01", "0.05", "0.1"
    mean_belief: float | None  # mean teacher probability of the predicted class
    log_loss: float | None  # of the probabilities against the true labels
    kl: float | None  # mean divergence of the probabilities from the teacher's
    brier: float | None
    roc_auc: float | None
    average_precision: float | None
    calibration_error: float | None


@dataclass(frozen=True, kw_only=True)
class ClassMetrics:
    """Metrics of one class on its rows.

    Its rows are those with that true label or, without labels, with that label by the teacher.
    """

    name: str
    rows: int
    teacher_predicted: int | None  # rows of any class where the teacher predicts it
    predicted: list[int]  # a row of the confusion matrix: predictions by class, in their order
    recall: float | None  # None for a class without rows
    precision: float | None  # None for a class that is never predicted
    f1: float | None  # None for a class that has no rows and is never predicted
    mean_belief: float | None  # None without rows or without a teacher


def measure(table: LabelledTable, predicted: Prediction, *, teacher: bool = True) -> Metrics:
    """Compute the metrics of what was `predicted` for the n rows of `table`.

    `teacher`: whether `table.beliefs` are those of a teacher. If not, every metric that
    needs a teacher is None.
    """
    labels, Q, y_true = predicted.labels, predicted.probabilities, table.y_true
    depths = depth_by_row(table.rewards(), labels) if teacher else None
    known = None if y_true is None or Q is None else (Q, y_true)
    divergence = scores.kl_by_row(table.beliefs, Q) if teacher and Q is not None else None
    return Metrics(
        accuracy=None if y_true is None else float(np.mean(labels == y_true)),
        balanced_accuracy=None if y_true is None else balanced_accuracy(y_true, labels),
        fidelity=None if depths is None else float(np.mean(labels == table.teacher_labels())),
        depth=None if depths is None else as_decimal(empirical_depth(depths)),
        insensitive_depth={
            f"{delta:g}": None if depths is None else as_decimal(insensitive_depth(depths, delta))
            for delta in DELTAS
        },
        mean_belief=None if depths is None else mean_belief(depths),
        log_loss=None if known is None else float(scores.log_loss_by_row(*known).mean()),
        kl=None if divergence is None else float(divergence.mean()),
        brier=None if known is None else scores.brier_score(*known),
        roc_auc=None if known is None else scores.roc_auc(*known),
        average_precision=None if known is None else scores.average_precision(*known),
        calibration_error=None if known is None else scores.calibration_error(*known),
    )


def measure_by_class(
    table: LabelledTable, predicted: Indices, classes: Sequence[str], *, teacher: bool
) -> list[ClassMetrics] | None:
    """Compute the metrics of the class indices `predicted` (n,) by class.

    Returns None without labels and without a teacher: no row has a known class.
    """
    labels = table.y_true
    if labels is None:
        if not teacher:
            return None
        labels = table.teacher_labels()
    c = len(classes)
    counts = np.bincount(labels * c + predicted, minlength=c * c).reshape(c, c)
    expected = np.bincount(table.teacher_labels(), minlength=c)
    depths = depth_by_row(table.rewards(), predicted).astype(np.float64)
    sums = np.bincount(labels, depths, minlength=c)

    def share(part: float, whole: float) -> float | None:
        return float(part / whole) if whole else None

    return [
        ClassMetrics(
            name=name,
            rows=int(counts[k].sum()),
            teacher_predicted=int(expected[k]) if teacher else None,
            predicted=counts[k].tolist(),
            recall=share(counts[k, k], counts[k].sum()),
            precision=share(counts[k, k], counts[:, k].sum()),
            f1=share(2 * counts[k, k], counts[k].sum() + counts[:, k].sum()),
            mean_belief=share(sums[k], counts[k].sum()) if teacher else None,
        )
        for k, name in enumerate(classes)
    ]


def balanced_accuracy(y_true: Indices, predicted: Indices) -> float:
    """Compute the mean recall over the classes in `y_true`."""
    correct = np.bincount(y_true, predicted == y_true)
    rows = np.bincount(y_true)
    return float(np.mean(correct[rows > 0] / rows[rows > 0]))


def as_decimal(probability: float) -> float:
    """Round a probability to six digits: 0.02, not 0.01999999955.

    A depth is the teacher's probability in some row, to the last bits of a sum in float32. A
    gate of 0.02 must not fail because of those bits.
    """
    return float(f"{probability:.6g}")
