"""What classifiers predict for the measured rows of a table: totals of all, and some rows held."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from crembo_cli.arrays import Indices
from crembo_cli.dataset.labelled import LabelledRows
from crembo_cli.evaluation.metrics import Prediction
from crembo_cli.evaluation.scores import auc_influence, compared_classes
from crembo_cli.evaluation.totals import CERTAIN, ByRow, Moments, TableTotals


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What classifiers predict for the measured rows of a table, by their names.

    Metrics are computed from the totals of all measured rows. What needs each row (the intervals
    of a difference of two areas under ROC curves, and of two depths) is estimated from those held.
    """

    held: LabelledRows  # m of the measured rows, or all of them
    predicted: Mapping[str, Prediction]  # for the rows that are held
    totals: TableTotals

    def scale(self) -> float:
        """Return what an error estimated from the rows that are held is multiplied with.

        It is that of a mean of so many rows, and the mean is one of all measured rows.
        """
        return float(np.sqrt(len(self.held.beliefs) / self.totals.rows))

    def area_error(self, name: str, other: str) -> float | None:
        """Return the standard error of the difference of two areas under ROC curves.

        None where an area is not defined, among all rows or those that are held.
        """
        y, labels = self.held.y_true, self.totals.labels
        if y is None or labels is None:
            return None
        found = []
        for each in (name, other):
            Q = self.predicted[each].probabilities
            influence = None if Q is None else auc_influence(Q, y, compared_classes(labels))
            if influence is None:
                return None
            found.append(influence)
        return Moments.of(found[0] - found[1]).error() * self.scale()


def measure_rows(
    rows: LabelledRows, predicted: Mapping[str, Prediction], *, teacher: bool = True
) -> Measured:
    """Measure what classifiers predict for the n `rows`, all of which are held.

    `teacher`: whether the beliefs of `rows` are those of a teacher.
    """
    totals = sum_rows(rows, predicted, compared_among(rows), teacher=teacher)
    return Measured(held=rows, predicted=predicted, totals=totals)


def compared_among(rows: LabelledRows, others: Indices | None = None) -> tuple[int, ...]:
    """List the classes that are compared on `rows` and `others`; () without labels.

    `others` (c,) are the numbers of further rows by true class.
    """
    if rows.y_true is None:
        return ()
    labels = np.bincount(rows.y_true, minlength=rows.beliefs.shape[1])
    return compared_classes(labels if others is None else labels + others)


def sum_rows(
    rows: LabelledRows,
    predicted: Mapping[str, Prediction],
    compared: Sequence[int],
    *,
    teacher: bool,
) -> TableTotals:
    """Sum what classifiers predict for the n `rows`, which may be a block of a table.

    `compared` are the classes that are compared on all rows of the table.
    """
    each = {
        name: ByRow.of(rows, one.labels, one.probabilities, teacher=teacher)
        for name, one in predicted.items()
    }
    (first, *others) = each
    y = rows.y_true
    return TableTotals(
        rows=len(rows.beliefs),
        labels=None if y is None else np.bincount(y, minlength=rows.beliefs.shape[1]),
        certain=int((rows.beliefs.max(axis=1) >= CERTAIN).sum()) if teacher else None,
        each={name: one.totals(tuple(compared)) for name, one in each.items()},
        pairs={name: each[first].beside(each[name]) for name in others},
    )
