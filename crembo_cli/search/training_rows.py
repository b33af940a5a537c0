"""Rows that students are fitted on or selected by, real ones and synthetic ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from crembo_cli.core.synthetic import synthetic_rows
from crembo_cli.students.contract import Floats, Indices

if TYPE_CHECKING:
    from crembo_cli.dataset.labelled import LabelledTable

PER_ROW, MOST_FITTED = 60, 32_000  # synthetic rows: so many a real one, and so many rows in all

Ask = Callable[[Floats], Floats]  # rows as students take them -> the teacher's beliefs


@dataclass(frozen=True, kw_only=True)
class TrainingRows:
    """Rows to fit on or to judge by, the real ones first."""

    rows: Floats  # (n, p)
    beliefs: Floats  # (n, c)
    y_true: Indices | None  # (real,) true class indices; None where there are none
    real: int  # how many are real; the others were made and labelled by the teacher
    categories: tuple[int, ...] = ()  # as in `students.contract.Task`


def real_rows(real: LabelledTable) -> TrainingRows:
    """The rows of `real`, none made."""
    return TrainingRows(
        rows=real.rows,
        beliefs=real.beliefs,
        y_true=real.y_true,
        real=len(real.rows),
        categories=tuple(len(each.categories) for each in real.encoding.features),
    )


def with_synthetic(
    real: TrainingRows, ask: Ask, wanted: int | None, most: int, rng: np.random.Generator
) -> TrainingRows:
    """The rows of `real` and `wanted` new ones; None: PER_ROW for each, `most` rows in all."""
    n = len(real.rows)
    made = max(0, min(PER_ROW * n, most - n)) if wanted is None else wanted
    rows, beliefs = real.rows, real.beliefs
    if made:
        new = synthetic_rows(rows, made, rng)
        rows, beliefs = np.vstack([rows, new]), np.vstack([beliefs, ask(new)])
    return replace(real, rows=rows, beliefs=beliefs, real=n)
