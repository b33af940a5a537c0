"""How far a row can change before the prediction does: margins, and noise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from crembo_cli.arrays import Doubles, Floats, Indices
from crembo_cli.core.margin_search import BOUND, margin_upper_bound, unchanged
from crembo_cli.dataset.encode import INT64
from crembo_cli.dataset.labelled import LabelledTable
from crembo_cli.errors import TeacherError
from crembo_cli.robustness.model import NOISE_LEVELS, RADII, Flips, Margins, MarginUpperBounds
from crembo_cli.students.capabilities import exact_margins

if TYPE_CHECKING:
    import pandas as pd


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
    `teacher`: whether the beliefs of `test` are a teacher's. If there are more rows than
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

    def certify(right: Indices | None) -> dict[str, float] | None:
        if right is None:
            return None
        hit = predicted == right[chosen]
        return {f"{radius:g}": float(np.mean(hit & (margins > radius))) for radius in RADII}

    return Margins(
        rows=len(margins),
        median=_quantile(margins, 0.5),
        quantile_5=_quantile(margins, 0.05),
        unchangeable=float(np.mean(np.isinf(margins))),
        certified_accuracy=certify(test.y_true),
        certified_fidelity=certify(test.teacher_labels() if teacher else None),
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


DRAWS = 20
MOST_QUERIES = 16_000  # noisy rows that the teacher predicts in all

PredictFrame = Callable[["pd.DataFrame"], Indices]  # cells -> class indices


def noise_on(
    student: Classifier,
    teacher: PredictFrame | None,
    test: LabelledTable,
    seen: pd.DataFrame,
    units: Doubles,
    seed: int,
    done: Callable[[int], None] = lambda levels: None,
) -> dict[str, Flips]:
    """The share of predictions that noise changes, by noise level, over DRAWS draws per row.

    Student and teacher predict the same cells, on as many test rows as MOST_QUERIES allows.
    `units` are those of `robustness.margins.units_of`; categories are drawn from `seen`.
    `done` is called with the number of levels that are measured.
    """
    rng = np.random.default_rng([seed, 4])
    chosen = np.arange(len(test.rows))
    most = MOST_QUERIES // (DRAWS * len(NOISE_LEVELS))
    if len(chosen) > most:
        chosen = np.sort(rng.choice(len(chosen), most, replace=False))
    before = {
        "student": student.predict(test.rows[chosen]),
        "teacher": test.teacher_labels()[chosen],
    }
    clean = test.frame.iloc[np.tile(chosen, DRAWS)].reset_index(drop=True)

    def flips(name: str, after: Indices) -> float:
        return float(np.mean(after.reshape(DRAWS, -1) != before[name]))

    found = {}
    for level in NOISE_LEVELS:
        frame = noisy_cells(clean, level, units, seen, rng, test.encoding.coded)
        after = None if teacher is None else _predict_noisy(teacher, frame)
        found[f"{level:g}"] = Flips(
            rows=len(chosen),
            student=flips("student", student.predict(test.encoding.encode(frame))),
            teacher=None if after is None else flips("teacher", after),
        )
        done(len(found))
    return found


def _predict_noisy(teacher: PredictFrame, frame: pd.DataFrame) -> Indices | None:
    """The teacher's labels; None if it refuses noisy cells, such as codes of no category."""
    try:
        return teacher(frame)
    except TeacherError:
        return None


def noisy_cells(
    frame: pd.DataFrame,
    level: float,
    units: Doubles,
    seen: pd.DataFrame,
    rng: np.random.Generator,
    coded: Sequence[int] = (),
) -> pd.DataFrame:
    """`frame` with noise in its cells; columns, dtypes and missing cells do not change.

    Numbers get Gaussian noise of `level` times their unit (p,). Integers are rounded and clipped
    to the column's range, because the teacher's input may be as narrow as a byte; other numbers
    to the range of float32. With probability `level`, a text, a boolean or a cell of a `coded`
    column is replaced by the cell of a random row of `seen`.
    """
    import pandas as pd

    columns: dict[str, pd.Series[Any]] = {}
    for j, (name, unit) in enumerate(zip(frame.columns, units, strict=True)):
        cells = frame[name]
        if cells.dtype.kind in "Ob" or j in coded:
            drawn = seen[name].dropna().to_numpy()
            swap = (rng.random(len(cells)) < level) & cells.notna().to_numpy() & (len(drawn) > 0)
            values = cells.to_numpy(copy=True)
            values[swap] = rng.choice(drawn, int(swap.sum())) if swap.any() else []
        else:
            values = cells.to_numpy(np.float64) + rng.standard_normal(len(cells)) * (level * unit)
            if cells.dtype.kind == "i":
                # First to what int64 holds: the float64 nearest to its largest number is larger.
                whole = np.rint(values).clip(*INT64).astype(np.int64)
                values = whole.clip(cells.min(), cells.max()).astype(cells.dtype)
            else:
                # Beyond them, a cell would become infinite as float32.
                values = values.clip(-BOUND, BOUND).astype(cells.dtype)
        columns[name] = pd.Series(values, dtype=cells.dtype)
    return pd.DataFrame(columns, copy=False)
