"""Convert columns to the dtype, number or text, that a teacher or an earlier table has."""

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
    """The table with the columns `numbers` as numbers and the columns `text` as text.

    Text that spells numbers throughout (codes like 007 among them) becomes float64, NaN where
    missing. Whole numbers become their digits, None where missing: so they stood in the file.
    A column that is already of its kind stays as it is.

    Raises `DataError` that names the first cell which is no number, or the first number or
    boolean of which the text is not known (1.5 may have been written 1.50).
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
            "a feature is not a number",
            where=table.where(row, name),
            found=f"{cells[row]!r} ({int(wrong.sum())} such cells in the column)",
            wanted="a number or a missing cell",
            hint="--drop leaves a column out, --features names the ones to use",
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
            "a feature is not text",
            where=table.where(row, name),
            found=f"{values[row]}",
            wanted="text or whole numbers",
            hint="put another value than numbers into the column, or store it as text in Parquet",
        )
    texts = np.empty(len(values), dtype=object)
    texts[~missing] = [str(int(value)) for value in values[~missing]]
    return pd.Series(texts, dtype=object)
