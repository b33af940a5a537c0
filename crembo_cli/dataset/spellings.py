"""Read cells as the user says: further spellings of a missing cell, thousands separators."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from crembo_cli.dataset.literals import NUMBER
from crembo_cli.dataset.table import Table
from crembo_cli.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

SEPARATORS = (",", " ", "'")  # of thousands; a point would be read as a decimal point before
SPACES = "[ \u00a0\u202f]"  # a blank, and those that do not break a line
GROUPED = r"\s*[+-]?(\d{1,3}(%s\d{3})+|\d+)(\.\d*)?([eE][+-]?\d+)?\s*"


def mark_missing(table: Table, columns: Sequence[str], spellings: Sequence[str]) -> Table:
    """Make the cells of `columns` missing that equal one of `spellings`: texts, or numbers."""
    numbers = [float(each) for each in spellings if NUMBER.fullmatch(each)]
    changed: dict[str, pd.Series[Any]] = {}
    for name in columns:
        cells = table.frame[name]
        if cells.dtype == object:
            marked = cells.isin(spellings)
            if marked.any():
                changed[name] = cells.mask(marked, None)
        elif cells.dtype.kind in "if" and (marked := cells.isin(numbers)).any():
            changed[name] = cells.astype("float64").mask(marked)
    return replace(table, frame=table.frame.assign(**changed)) if changed else table


def read_thousands(
    table: Table, columns: Sequence[str], separator: str, numbers: Sequence[str]
) -> Table:
    """Make numbers of those text columns whose present cells are all numbers, with `separator`.

    A column without a single separator stays text. Raises DataError for a cell that is no number
    beside others with the separator, in a column of `numbers`.
    """
    import pandas as pd

    mark = SPACES if separator == " " else re.escape(separator)
    changed: dict[str, pd.Series[Any]] = {}
    for name in columns:
        cells = table.frame[name]
        present = cells.dropna() if cells.dtype == object else cells[:0]
        if not len(present) or not present.str.contains(mark).any():
            continue
        good = present.str.fullmatch(GROUPED % mark)
        if good.all():
            plain = cells.str.replace(mark, "", regex=True)
            changed[name] = pd.to_numeric(plain).astype(np.float64)
        elif name in numbers:
            row = int(present.index[int((~good).to_numpy().argmax())])
            raise DataError(
                f"expected numbers with the thousands separator {separator!r}",
                where=table.where(row, name),
                found=repr(cells[row]),
                hint="correct the cell",
            )
    return replace(table, frame=table.frame.assign(**changed)) if changed else table
