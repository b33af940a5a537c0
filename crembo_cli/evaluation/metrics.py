"""Metrics of a classifier on given rows, overall and by class; and the baselines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from crembo_cli.core.beliefs import depth_by_row, empirical_depth, insensitive_depth, mean_belief
from crembo_cli.dataset.labelled import LabelledTable, Splits
from crembo_cli.students.contract import Floats, Indices, Student

DELTAS = (0.01, 0.05, 0.1)  # shares of the rows that insensitive depth leaves out


@dataclass(frozen=True, kw_only=True)
class Metrics:
    """Metrics of one classifier on one set of rows; all in [0, 1].

    `accuracy` and `balanced_accuracy` are None without labels, the others without a teacher.
    """

    accuracy: float | None
    balanced_accuracy: float | None  # mean recall over the classes in y_true
    fidelity: float | None  # share of rows where it predicts the teacher's label
    depth: float | None  # lowest teacher probability of a predicted class
    insensitive_depth: dict[str, float | None]  # by delta, as text: "0.01", "0.05", "0.1"
    mean_belief: float | None  # mean teacher probability of the predicted class


@dataclass(frozen=True, kw_only=True)
class ClassMetrics:
    """Metrics of one class on its rows.

    Its rows are those with that true label or, without labels, with that label by the teacher.
    """

    name: str
    rows: int
    predicted: list[int]  # a row of the confusion matrix: predictions by class, in their order
    recall: float | None  # None for a class without rows
    precision: float | None  # None for a class that is never predicted
    mean_belief: float | None  # None without rows or without a teacher


def measure(table: LabelledTable, predicted: Indices, *, teacher: bool = True) -> Metrics:
    """Compute the metrics of the class indices `predicted` (n,) on the n rows of `table`.

    `teacher`: whether `table.beliefs` are those of a teacher. If not, every metric that
    needs a teacher is None.
    """
    depths = depth_by_row(table.beliefs, predicted) if teacher else None
    y_true = table.y_true
    return Metrics(
        accuracy=None if y_true is None else float(np.mean(predicted == y_true)),
        balanced_accuracy=None if y_true is None else balanced_accuracy(y_true, predicted),
        fidelity=None if depths is None else float(np.mean(predicted == table.teacher_labels())),
        depth=None if depths is None else as_decimal(empirical_depth(depths)),
        insensitive_depth={
            f"{delta:g}": None if depths is None else as_decimal(insensitive_depth(depths, delta))
            for delta in DELTAS
        },
        mean_belief=None if depths is None else mean_belief(depths),
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
    depths = depth_by_row(table.beliefs, predicted).astype(np.float64)
    sums = np.bincount(labels, depths, minlength=c)

    def share(part: float, whole: float) -> float | None:
        return float(part / whole) if whole else None

    return [
        ClassMetrics(
            name=name,
            rows=int(counts[k].sum()),
            predicted=counts[k].tolist(),
            recall=share(counts[k, k], counts[k].sum()),
            precision=share(counts[k, k], counts[:, k].sum()),
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


def predict_all(student: Student, splits: Splits, seed: int) -> dict[str, Indices]:
    """Predict the test rows with the student, the teacher and the baselines.

    Returns class indices (n,) by classifier: `student`, `teacher`, `baseline_labels` (absent
    without labels) and `baseline_teacher`. The baselines are fitted on all rows but the test
    rows, because they need no validation rows.
    """
    tables, test = splits.untested(), splits.test
    rows = np.vstack([each.rows for each in tables])
    targets = {
        "baseline_labels": _concatenate([each.y_true for each in tables]),
        "baseline_teacher": _concatenate([each.teacher_labels() for each in tables]),
    }
    predicted = {"student": student.predict(test.rows), "teacher": test.teacher_labels()}
    for name, labels in targets.items():
        if labels is not None:
            predicted[name] = predict_baseline(rows, labels, test.rows, student.size(), seed)
    return predicted


def predict_baseline(
    train: Floats, labels: Indices, test: Floats, size: dict[str, int], seed: int
) -> Indices:
    """Predict the rows `test` (m, p) with a CART tree that is no larger than the student.

    scikit-learn's tree is fitted to `labels`, class indices (n,), on the rows `train` (n, p). It
    gets the leaves and the tree depth in `size`; a student that is not a tree gets one leaf for
    every three parameters. Missing values follow the direction that CART learned. A tree of one
    leaf predicts the most frequent label, the first of equals. Returns int64 (m,).
    """
    leaves = size.get("leaves", (size["parameters"] + 2) // 3)
    if leaves < 2:
        return np.full(len(test), np.argmax(np.bincount(labels)), np.int64)
    from sklearn.tree import DecisionTreeClassifier

    cart = DecisionTreeClassifier(
        max_depth=size.get("tree_depth"), max_leaf_nodes=leaves, random_state=seed
    )
    cart.fit(train, labels)
    return np.asarray(cart.predict(test), np.int64)


def _concatenate(labels: Sequence[Indices | None]) -> Indices | None:
    """Join the labels of several tables; None if any of them has none."""
    known = [each for each in labels if each is not None]
    return np.concatenate(known) if len(known) == len(labels) else None
