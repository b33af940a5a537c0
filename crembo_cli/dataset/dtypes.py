"""Convert columns to numbers or text, as the teacher or an earlier table has them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from crembo_cli.dataset.table import Table
from crembo_cli.errors import DataError

if TYPE_CHECKING:
    import pandas as pd


THOUSANDS = re.compile(r"\s*[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?\s*")


@dataclass(frozen=True, kw_only=True)
class ColumnType:
    """What a teacher knows about the values of one feature."""

    kind: str = ""  # "text" or "number"; "" if unknown
    categories: tuple[str, ...] = ()  # texts that it knows as categories, so never as missing
    coded: bool = False  # its numbers are codes of categories: between two there is nothing


ExpectedTypes = Callable[[tuple[str, ...]], Mapping[str, ColumnType]]  # column names -> types


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
            found=f"{cells.iloc[row]!r} ({int(wrong.sum())} such cells in the column)",
            wanted="a number or a missing cell",
            hint="if it has thousands separators: --thousands ,"
            if THOUSANDS.fullmatch(str(cells.iloc[row]))
            else "exclude the column with --drop, or correct the cell",
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
    return pd.Series(texts, dtype=object, index=table.frame.index)
