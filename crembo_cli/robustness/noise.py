"""How often small noise in the cells changes the predicted class."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from crembo_cli.arrays import Doubles
from crembo_cli.dataset.labelled import LabelledTable
from crembo_cli.robustness.margins import Classifier
from crembo_cli.robustness.model import NOISE_LEVELS, Flips
from crembo_cli.students.contract import Indices

if TYPE_CHECKING:
    import pandas as pd

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
) -> dict[str, Flips]:
    """The share of predictions that noise changes, by noise level, over DRAWS draws per row.

    Student and teacher predict the same cells, on as many test rows as MOST_QUERIES allows.
    `units` are those of `robustness.margins.units_of`; categories are drawn from `seen`.
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
        frame = noisy_cells(clean, level, units, seen, rng)
        found[f"{level:g}"] = Flips(
            rows=len(chosen),
            student=flips("student", student.predict(test.encoding.encode(frame))),
            teacher=None if teacher is None else flips("teacher", teacher(frame)),
        )
    return found


def noisy_cells(
    frame: pd.DataFrame,
    level: float,
    units: Doubles,
    seen: pd.DataFrame,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """`frame` with noise in its cells; columns, dtypes and missing cells do not change.

    Numbers get Gaussian noise of `level` times their unit (p,). Integers are rounded and clipped
    to the column's range, because the teacher's input may be as narrow as a byte. With
    probability `level`, a text or a boolean is replaced by the cell of a random row of `seen`.
    """
    import pandas as pd

    columns: dict[str, pd.Series[Any]] = {}
    for name, unit in zip(frame.columns, units, strict=True):
        cells = frame[name]
        if cells.dtype.kind in "Ob":
            drawn = seen[name].dropna().to_numpy()
            swap = (rng.random(len(cells)) < level) & cells.notna().to_numpy() & (len(drawn) > 0)
            values = cells.to_numpy(copy=True)
            values[swap] = rng.choice(drawn, int(swap.sum())) if swap.any() else []
        else:
            values = cells.to_numpy(np.float64) + rng.standard_normal(len(cells)) * (level * unit)
            if cells.dtype.kind == "i":
                values = np.rint(values).clip(cells.min(), cells.max())
            values = values.astype(cells.dtype)
        columns[name] = pd.Series(values, dtype=cells.dtype)
    return pd.DataFrame(columns, copy=False)
