"""Margins of a student: exact ones if the student knows them, else an upper bound."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from crembo_cli.arrays import Doubles, Floats, Indices
from crembo_cli.core.margin_search import margin_upper_bound, unchanged
from crembo_cli.dataset.encode import Encoding
from crembo_cli.dataset.labelled import LabelledTable
from crembo_cli.robustness.model import RADII, Margins, MarginUpperBounds
from crembo_cli.students.capabilities import exact_margins

MOST_DISTANCES = 50_000_000  # rows times leaves, so that deep trees on many rows take seconds
MOST_SEARCHED = 300  # rows that are searched: each costs about 500 predictions


class Classifier(Protocol):
    """Anything that predicts the classes of encoded rows: a student, or a model in a file.

    Optional parts: those of `students.contract.OptionalStudent`, `size`, and `as_input(rows)`,
    which returns the rows as the model's input types can hold them.
    """

    def predict(self, rows: Floats) -> Indices:
        """Class indices, int64 (n,), for float32 rows (n, p)."""
        ...


def margins_on(
    student: Classifier,
    test: LabelledTable,
    units: Doubles,
    *,
    teacher: bool,
    seed: int,
    most_distances: int = MOST_DISTANCES,
) -> tuple[Margins | None, MarginUpperBounds | None]:
    """Measure the margins on the rows of `test`: exact ones, or else upper bounds.

    `units` (p,) is the size of one step of each feature, 0 for features that do not move.
    `teacher` tells whether the beliefs of `test` are a teacher's. If there are more rows than
    `most_distances` or MOST_SEARCHED allow, `seed` draws a subset.
    """
    leaves = student.size().get("leaves", 1) if hasattr(student, "size") else 1
    chosen = _subset(len(test.rows), most_distances // leaves, _generator(seed))
    rows = test.rows[chosen]
    margins = exact_margins(student, rows, units)
    if margins is None:
        rng = _generator(seed)
        chosen = _subset(len(test.rows), MOST_SEARCHED, rng)
        as_input = getattr(student, "as_input", unchanged)
        above = margin_upper_bound(student.predict, test.rows[chosen], units, rng, as_input)
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


def _generator(seed: int) -> np.random.Generator:
    return np.random.default_rng([seed, 3])


def _subset(rows: int, most: int, rng: np.random.Generator) -> Indices:
    if rows <= most:
        return np.arange(rows)
    return np.sort(rng.choice(rows, max(most, 1), replace=False))


def _quantile(margins: Doubles, share: float) -> float:
    """The lower quantile: a value that occurs, so that it is a margin even if infinite."""
    return float(np.quantile(margins, share, method="inverted_cdf"))


def units_of(rows: Floats, encoding: Encoding) -> Doubles:
    """The standard deviation of each feature over `rows` (n, p), float64 (p,).

    It is 0 for features that do not move: constant or empty columns, text, and booleans, which
    have no values in between.
    """
    units = np.zeros(rows.shape[1])
    for j, feature in enumerate(encoding.features):
        cells = rows[:, j].astype(np.float64)
        cells = cells[~np.isnan(cells)]
        if len(cells) and not feature.categories and encoding.dtypes[j].kind != "b":
            units[j] = cells.std()
    return units
