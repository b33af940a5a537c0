"""Values that no teacher and no student can work with."""

from __future__ import annotations

import numpy as np

from crembo_cli.dataset.columns import Columns
from crembo_cli.dataset.table import Table
from crembo_cli.errors import DataError

LARGEST = float(np.finfo(np.float32).max)


def check_cells(table: Table, columns: Columns) -> None:
    """Refuse features with values that are infinite, or become so as float32 (beyond 3.4e38).

    Raises `DataError` that names the first such cell of the first such column.
    """
    for name in columns.features:
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
