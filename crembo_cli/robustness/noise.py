"""How often a little noise in the cells changes what is said."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from crembo_cli.core.margins import Doubles
from crembo_cli.dataset.labelled import LabelledTable
from crembo_cli.errors import TeacherError
from crembo_cli.robustness.margins import Classifier
from crembo_cli.robustness.model import NOISE_LEVELS, Flips
from crembo_cli.students.contract import Indices

if TYPE_CHECKING:
    import pandas as pd

DRAWS = 20
MOST_ASKED = 16_000  # noisy rows that the teacher is asked about in all

Says = Callable[["pd.DataFrame"], Indices]  # the cells as the teacher takes them -> class indices


def noise_on(
    student: Classifier,
    teacher: Says | None,
    test: LabelledTable,
    seen: pd.DataFrame,
    units: Doubles,
    seed: int,
) -> dict[str, Flips]:
    """The share of answers that change, by level of noise: over DRAWS draws for each row.

    Student and teacher answer the same cells, on as many test rows as MOST_ASKED allows.
    `units` are of `robustness.units`; `seen` holds the columns that categories are drawn from.
    """
    rng = np.random.default_rng([seed, 4])
    chosen = np.arange(len(test.rows))
    most = MOST_ASKED // (DRAWS * len(NOISE_LEVELS))
    if len(chosen) > most:
        chosen = np.sort(rng.choice(len(chosen), most, replace=False))
    before = {
        "student": student.predict(test.rows[chosen]),
        "teacher": test.teacher_labels()[chosen],
    }
    calm = test.frame.iloc[np.tile(chosen, DRAWS)].reset_index(drop=True)

    def flips(name: str, after: Indices) -> float:
        return float(np.mean(after.reshape(DRAWS, -1) != before[name]))

    found = {}
    for level in NOISE_LEVELS:
        frame = noisy_cells(calm, level, units, seen, rng)
        after = None if teacher is None else _predict_noisy(teacher, frame)
        found[f"{level:g}"] = Flips(
            rows=len(chosen),
            student=flips("student", student.predict(test.encoding.encode(frame))),
            teacher=None if after is None else flips("teacher", after),
        )
    return found


def _predict_noisy(teacher: Says, frame: pd.DataFrame) -> Indices | None:
    """Return the teacher's labels; None if it refuses noisy cells, like codes of no category."""
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
) -> pd.DataFrame:
    """`frame` with noise in its cells; columns, dtypes and missing cells stay as they are.

    Numbers get Gaussian noise of `level` times their unit (p,). Whole ones are rounded again and
    held to the column's range, as nothing else could stand there: the teacher's input may take
    bytes. Text, and yes or no, is with the chance `level`
    replaced by what stands in some row of `seen`, itself included.
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
