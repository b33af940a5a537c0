"""Convert columns to numbers or text, as the teacher or an earlier table has them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from crembo_cli.dataset.table import Table
from crembo_cli.errors import DataError

if TYPE_CHECKING:
    import pandas as pd


def as_dtypes(table: Table, *, numbers: Sequence[str] = (), text: Sequence[str] = ()) -> Table:
    """Return the table with the columns `numbers` as numbers and the columns `text` as text.

    Text becomes float64, with NaN where missing; codes like 007 are numbers too. Whole numbers
    become their digits, with None where missing. A column of the wanted kind does not change.

    Raises `DataError` that names the first cell that is not a number, or the first number or
    boolean whose text is unknown (1.5 may have been written 1.50).
    """
    changed: dict[str, pd.Series[Any]] = {}
    for name in numbers:
        if table.frame[name].dtype == object:
            changed[name] = _numbers(table, name)
    for name in text:
        if table.frame[name].dtype != object:
            changed[name] = _text(table, name)
    return replace(table, frame=table.frame.assign(**changed)) if changed else table


def _numbers(table: Table, name: str) -> pd.Series[Any]:
    import pandas as pd

    cells = table.frame[name]
    numbers = pd.to_numeric(cells, errors="coerce").astype(np.float64)
    wrong = (numbers.isna() & cells.notna()).to_numpy()
    if wrong.any():
        row = int(wrong.argmax())
        raise DataError(
            "expected a number in a numeric feature",
            where=table.where(row, name),
            found=f"{cells[row]!r} ({int(wrong.sum())} such cells in the column)",
            wanted="a number or a missing cell",
            hint="exclude the column with --drop, or correct the cell",
        )
    return numbers


def _text(table: Table, name: str) -> pd.Series[Any]:
    import pandas as pd

    values: NDArray[Any] = table.frame[name].to_numpy()
    missing = table.frame[name].isna().to_numpy()
    if values.dtype.kind == "b":
        written = missing
    else:
        written = missing | (np.isfinite(values) & (values == np.rint(values)))
    if not written.all():
        row = int((~written).argmax())
        raise DataError(
            "expected text in a text feature",
            where=table.where(row, name),
            found=f"{values[row]}",
            wanted="text or whole numbers",
            hint="store the column as text in Parquet",
        )
    texts = np.empty(len(values), dtype=object)
    texts[~missing] = [str(int(value)) for value in values[~missing]]
    return pd.Series(texts, dtype=object)
