"""Metrics of a classifier on given rows, overall and by class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from crembo_cli.core.beliefs import rows_left_out
from crembo_cli.evaluation import scores
from crembo_cli.evaluation.counts import Counts
from crembo_cli.evaluation.totals import Totals
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


def measure(totals: Totals) -> Metrics:
    """Compute the metrics of a classifier from its totals; None for what they lack."""
    n, true, depths, likely = totals.rows, totals.true, totals.depths, totals.likely
    costs = {name: None if each is None else each / n for name, each in totals.costs.items()}
    return Metrics(
        accuracy=None if true is None else float(np.trace(true) / n),
        balanced_accuracy=None if true is None else balanced_accuracy(true),
        fidelity=None if totals.expected is None else float(np.trace(totals.expected) / n),
        depth=None if depths is None else depth_of(depths, 0.0),
        insensitive_depth={
            f"{delta:g}": None if depths is None else depth_of(depths, delta) for delta in DELTAS
        },
        mean_belief=None if totals.depth is None else float(totals.depth.sum() / n),
        **costs,
        roc_auc=None if likely is None else scores.roc_auc(likely),
        average_precision=None if likely is None else scores.average_precision(likely),
        calibration_error=None if likely is None else scores.calibration_error(likely),
    )


def measure_by_class(totals: Totals, classes: Sequence[str]) -> list[ClassMetrics] | None:
    """Compute the metrics of a classifier by class, from its totals.

    Returns None without labels and without a teacher: no row has a known class.
    """
    counts = totals.expected if totals.true is None else totals.true
    if counts is None:
        return None

    def share(part: float, whole: float) -> float | None:
        return float(part / whole) if whole else None

    return [
        ClassMetrics(
            name=name,
            rows=int(counts[k].sum()),
            teacher_predicted=None if totals.expected is None else int(totals.expected[k].sum()),
            predicted=counts[k].tolist(),
            recall=share(counts[k, k], counts[k].sum()),
            precision=share(counts[k, k], counts[:, k].sum()),
            f1=share(2 * counts[k, k], counts[k].sum() + counts[:, k].sum()),
            mean_belief=None if totals.depth is None else share(totals.depth[k], counts[k].sum()),
        )
        for k, name in enumerate(classes)
    ]


def balanced_accuracy(confusion: Indices) -> float:
    """Compute the mean recall over the classes with rows; `confusion` (c, c), rows are classes."""
    rows = confusion.sum(axis=1)
    return float(np.mean(np.diag(confusion)[rows > 0] / rows[rows > 0]))


def depth_of(depths: Counts, delta: float) -> float:
    """Return the insensitive depth at `delta`, of 0 the empirical depth, as a decimal."""
    return as_decimal(float(depths.in_order(np.array(rows_left_out(depths.total(), delta)))))


def as_decimal(probability: float) -> float:
    """Round a probability to six digits: 0.02, not 0.01999999955.

    A depth is the teacher's probability in some row, to the last bits of a sum in float32. A
    gate of 0.02 must not fail because of those bits.
    """
    return float(f"{probability:.6g}")
