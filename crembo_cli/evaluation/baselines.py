"""The baselines: CART trees on the student's rows, and what all classifiers predict."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from crembo_cli.dataset.labelled import Splits
from crembo_cli.evaluation.metrics import Prediction
from crembo_cli.students.contract import Floats, Indices, Student


def predict_all(student: Student, splits: Splits, seed: int) -> dict[str, Prediction]:
    """Predict the test rows with the student, the teacher and the baselines.

    Returns what is predicted by classifier: `student`, `teacher`, `baseline_labels` (absent
    without labels) and `baseline_teacher`. The baselines are fitted on all rows but the test
    rows, because they need no validation rows.
    """
    tables, test = splits.untested(), splits.test
    rows = np.vstack([each.rows for each in tables])
    targets = {
        "baseline_labels": _concatenate([each.y_true for each in tables]),
        "baseline_teacher": _concatenate([each.teacher_labels() for each in tables]),
    }
    classes = test.beliefs.shape[1]
    predicted = {
        "student": Prediction(
            labels=student.predict(test.rows), probabilities=student.predict_proba(test.rows)
        ),
        "teacher": Prediction(labels=test.teacher_labels(), probabilities=test.beliefs),
    }
    for name, labels in targets.items():
        if labels is not None:
            predicted[name] = predict_baseline(
                rows, labels, test.rows, classes, student.size(), seed
            )
    return predicted


def predict_baseline(
    train: Floats, labels: Indices, test: Floats, classes: int, size: dict[str, int], seed: int
) -> Prediction:
    """Predict the rows `test` (m, p) with a CART tree that is no larger than the student.

    scikit-learn's tree is fitted to `labels`, indices (n,) of `classes` classes, on the rows
    `train` (n, p). It gets the leaves and the tree depth in `size`; a student that is not a tree
    gets one leaf for every three parameters. Missing values follow the direction that CART
    learned. A tree of one leaf predicts the most frequent label, the first of equals.
    """
    leaves = size.get("leaves", (size["parameters"] + 2) // 3)
    if leaves < 2:
        shares = np.bincount(labels, minlength=classes) / len(labels)
        constant = np.full(len(test), np.argmax(shares), np.int64)
        return Prediction(
            labels=constant, probabilities=np.tile(shares.astype(np.float32), (len(test), 1))
        )
    from sklearn.tree import DecisionTreeClassifier

    cart = DecisionTreeClassifier(
        max_depth=size.get("tree_depth"), max_leaf_nodes=leaves, random_state=seed
    )
    cart.fit(train, labels)
    probabilities = np.zeros((len(test), classes), np.float32)
    probabilities[:, cart.classes_] = cart.predict_proba(test)  # without the classes not in labels
    return Prediction(labels=np.asarray(cart.predict(test), np.int64), probabilities=probabilities)


def _concatenate(labels: Sequence[Indices | None]) -> Indices | None:
    """Join the labels of several tables; None if any of them has none."""
    known = [each for each in labels if each is not None]
    return np.concatenate(known) if len(known) == len(labels) else None
