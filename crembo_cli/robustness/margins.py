"""Margins of a student: exact for readable students, an upper bound for all others."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from crembo_cli.arrays import Doubles
from crembo_cli.core.boxes import leaf_boxes
from crembo_cli.core.margin_search import as_they_are, margin_upper_bound
from crembo_cli.core.margins import linear_margins, tree_margins
from crembo_cli.dataset.encode import Encoding
from crembo_cli.dataset.labelled import LabelledTable
from crembo_cli.robustness.model import RADII, Margins, MarginUpperBounds
from crembo_cli.robustness.teacher_classifier import TeacherClassifier
from crembo_cli.students.contract import Floats, Indices
from crembo_cli.students.scored.weights import WeightsStudent
from crembo_cli.students.tree.model import Tree

MOST_DISTANCES = 50_000_000  # rows times leaves, so that deep trees on many rows take seconds
MOST_SEARCHED = 300  # rows that are searched: each costs some 500 answers


class Classifier(Protocol):
    """Anything that answers encoded rows."""

    def predict(self, rows: Floats) -> Indices:
        """Class indices, int64 (n,), for float32 rows (n, p)."""
        ...


def exact_margins(student: Classifier, rows: Floats, units: Doubles) -> Doubles | None:
    """The margin of each row in `units`, float64 (n,), inf where no change matters.

    None for a student that is neither a tree of single-feature splits nor a weighted sum.
    """
    if isinstance(student, Tree):
        boxes = leaf_boxes(
            student.feature,
            student.threshold,
            student.missing_left,
            student.left,
            student.right,
            rows.shape[1],
        )
        return tree_margins(rows, student.predict(rows), boxes, student.label[boxes.node], units)
    if isinstance(student, WeightsStudent) and student.columns.ramps is None:
        weights = student.weights[: rows.shape[1]].astype(np.float64)
        return linear_margins(
            student.scores(rows).astype(np.float64), weights, units, np.isnan(rows)
        )
    return None


def margins_on(
    student: Classifier, test: LabelledTable, units: Doubles, *, teacher: bool, seed: int
) -> tuple[Margins | None, MarginUpperBounds | None]:
    """The margins on the rows of `test`: exact ones, or else those from above.

    With more rows than MOST_DISTANCES or MOST_SEARCHED allow, on so many drawn by `seed`.
    `units` (p,) is what a change of 1 is for each feature, 0 for those that do not move;
    `teacher` tells whether the beliefs of `test` are one's.
    """
    rng = np.random.default_rng([seed, 3])
    leaves = int(student.is_leaf().sum()) if isinstance(student, Tree) else 1
    chosen = _some(len(test.rows), MOST_DISTANCES // leaves, rng)
    rows = test.rows[chosen]
    margins = exact_margins(student, rows, units)
    if margins is None:
        chosen = _some(len(test.rows), MOST_SEARCHED, rng)
        settle = student.settled if isinstance(student, TeacherClassifier) else as_they_are
        above = margin_upper_bound(student.predict, test.rows[chosen], units, rng, settle)
        return None, MarginUpperBounds(
            rows=len(above), median=_quantile(above, 0.5), quantile_5=_quantile(above, 0.05)
        )
    predicted = student.predict(rows)

    def certified(right: Indices | None) -> dict[str, float] | None:
        if right is None:
            return None
        hit = predicted == right[chosen]
        return {f"{radius:g}": float(np.mean(hit & (margins > radius))) for radius in RADII}

    return Margins(
        rows=len(margins),
        median=_quantile(margins, 0.5),
        quantile_5=_quantile(margins, 0.05),
        unchangeable=float(np.mean(np.isinf(margins))),
        certified_accuracy=certified(test.y_true),
        certified_fidelity=certified(test.teacher_labels() if teacher else None),
    ), None


def _some(rows: int, most: int, rng: np.random.Generator) -> Indices:
    if rows <= most:
        return np.arange(rows)
    return np.sort(rng.choice(rows, max(most, 1), replace=False))


def _quantile(margins: Doubles, share: float) -> float:
    """A value that occurs, so that it is a margin, infinite or not: the lower one at a tie."""
    return float(np.quantile(margins, share, method="inverted_cdf"))


def units_of(rows: Floats, encoding: Encoding) -> Doubles:
    """The standard deviation of each feature over `rows` (n, p), float64 (p,).

    0 for what does not move: a constant, a column without values, text, and yes or no, between
    which there is nothing.
    """
    units = np.zeros(rows.shape[1])
    for j, feature in enumerate(encoding.features):
        cells = rows[:, j].astype(np.float64)
        cells = cells[~np.isnan(cells)]
        if len(cells) and not feature.categories and encoding.dtypes[j].kind != "b":
            units[j] = cells.std()
    return units
