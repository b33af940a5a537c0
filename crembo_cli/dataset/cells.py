"""Cells that no teacher and no student can work with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from crembo_cli.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

    from crembo_cli.dataset.table import Table

LARGEST = float(np.finfo(np.float32).max)


def check_cells(table: Table, columns: Sequence[str]) -> None:
    """Refuse values in `columns` that are infinite, or become so as float32 (beyond 3.4e38).

    Raises `DataError` that names the first such cell of the first such column.
    """
    for name in columns:
        cells = table.frame[name].to_numpy()
        if cells.dtype.kind != "f":
            continue
        beyond = np.abs(cells) > LARGEST
        if beyond.any():
            row = int(beyond.argmax())
            raise DataError(
                "a value is infinite" if np.isinf(cells[row]) else "a value is too large",
                where=table.where(row, name),
                found=f"{cells[row]:g} ({int(beyond.sum())} such cells in the column)",
                wanted=f"a number between -{LARGEST:.2g} and {LARGEST:.2g}, or a missing cell",
            )


def as_numbers(table: Table, columns: Sequence[str]) -> pd.DataFrame:
    """The frame with `columns` as numbers, for a teacher that takes numbers there.

    Text that spells numbers throughout (codes like 007 among them) becomes float64, with NaN
    where it is missing; numbers and booleans stay as they are.

    Raises `DataError` that names the first cell that is no number.
    """
    import pandas as pd

    changed: dict[str, pd.Series[float]] = {}
    for name in columns:
        cells = table.frame[name]
        if cells.dtype != object:
            continue
        numbers = pd.to_numeric(cells, errors="coerce").astype(np.float64)
        wrong = (numbers.isna() & cells.notna()).to_numpy()
        if wrong.any():
            row = int(wrong.argmax())
            raise DataError(
                "a feature is not a number",
                where=table.where(row, name),
                found=f"{cells[row]!r} ({int(wrong.sum())} such cells in the column)",
                wanted="a number, since the teacher takes numbers there",
                hint="--drop leaves a column out; --features names the ones to use",
            )
        changed[name] = numbers
    return table.frame.assign(**changed)
