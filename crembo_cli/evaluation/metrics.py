"""Metrics of a classifier on given rows, overall and by class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from crembo_cli.core.beliefs import depth_by_row, empirical_depth, insensitive_depth, mean_belief
from crembo_cli.dataset.labelled import LabelledTable
from crembo_cli.students.contract import Floats, Indices

DELTAS = (0.01, 0.05, 0.1)


@dataclass(frozen=True, kw_only=True)
class Metrics:
    """Figures of one classifier on one set of rows; all in [0, 1]."""

    accuracy: float | None  # share of rows where it says the true label; None without labels
    balanced_accuracy: float | None  # mean over the true classes of the share that it finds
    fidelity: float | None  # share of rows where it says what the teacher says
    depth: float | None  # empirical depth: the least belief in what it says
    insensitive_depth: dict[str, float | None]  # by delta, as text: "0.01", "0.05", "0.1"
    mean_belief: float | None


def measure(evidence: LabelledTable, predicted: Indices, *, teacher: bool = True) -> Metrics:
    """Metrics of a classifier that says `predicted`, class indices (n,), on the rows of `evidence`.

    Without a teacher the beliefs of `evidence` are nobody's, and what needs them is None.
    """
    depths = depth_by_row(evidence.beliefs, predicted) if teacher else None
    y_true = evidence.y_true
    return Metrics(
        accuracy=None if y_true is None else float(np.mean(predicted == y_true)),
        balanced_accuracy=None if y_true is None else balanced_accuracy(y_true, predicted),
        fidelity=None if depths is None else float(np.mean(predicted == evidence.teacher_labels())),
        depth=None if depths is None else as_decimal(empirical_depth(depths)),
        insensitive_depth={
            f"{delta:g}": None if depths is None else as_decimal(insensitive_depth(depths, delta))
            for delta in DELTAS
        },
        mean_belief=None if depths is None else mean_belief(depths),
    )


def as_decimal(belief: float) -> float:
    """A belief to six digits: 0.02, not 0.01999999955, and 0.155, not 0.15499999.

    A depth is some row's belief, to the last bits of a sum in float32; a gate of 0.02 must not
    fail where that is 0.02.
    """
    return float(f"{belief:.6g}")


def balanced_accuracy(y_true: Indices, predicted: Indices) -> float:
    """The mean over the classes in `y_true` of the share of their rows that are said right."""
    right = np.bincount(y_true, predicted == y_true)
    rows = np.bincount(y_true)
    return float(np.mean(right[rows > 0] / rows[rows > 0]))


def predict_baseline(
    train: Floats, labels: Indices, test: Floats, size: dict[str, int], seed: int
) -> Indices:
    """What scikit-learn's CART, no larger than the student, says on `test`: int64 (m,).

    It is fitted to `labels`, class indices (n,), on the rows `train` (n, p), with as many
    leaves and as much tree depth as `size` tells; for a student that is no tree, with as many
    leaves as its parameters pay for at three numbers a leaf. Missing values go where CART's own
    learned direction sends them. With one leaf it says the most frequent label, the first of
    equals.
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


@dataclass(frozen=True, kw_only=True)
class ClassMetrics:
    """One class: its rows are those with that true label; without labels, those where the
    teacher says it.
    """

    name: str
    rows: int
    predicted: list[int]  # on how many of them the student says each class, in the classes' order
    recall: float | None  # the share of them where it says this one; None without rows
    precision: float | None  # of the rows where it says this one, the share that are; None: never
    mean_belief: float | None  # in what it says on them; None without rows or a teacher


def by_class(
    test: LabelledTable, predicted: Indices, classes: Sequence[str], *, teacher: bool
) -> list[ClassMetrics] | None:
    """A student that says `predicted` (n,) on the rows of `test`, by class.

    None where there is nothing to be right about: no labels, and no teacher.
    """
    y_true = test.y_true if test.y_true is not None else test.teacher_labels() if teacher else None
    if y_true is None:
        return None
    c = len(classes)
    counts = np.bincount(y_true * c + predicted, minlength=c * c).reshape(c, c)
    depths = depth_by_row(test.beliefs, predicted).astype(np.float64)
    sums = np.bincount(y_true, depths, minlength=c)

    def share(part: float, of: float) -> float | None:
        return float(part / of) if of else None

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
