"""Baselines: what CART trees of the student's size predict."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from crembo_cli.dataset.labelled import Splits
from crembo_cli.students.contract import Floats, Indices, Student


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
