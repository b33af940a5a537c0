"""Read cells as the options state: further spellings of a missing cell, thousands separators."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from crembo_cli.dataset.blocks import Blocks
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
    blocks: Blocks, columns: Sequence[str], separator: str, numbers: Sequence[str]
) -> Blocks:
    """Make numbers of those text columns whose present cells are all numbers, with `separator`.

    A column without a single separator stays text. Raises DataError for a cell that is not a number
    beside others with the separator, in a column of `numbers`.
    """
    mark = SPACES if separator == " " else re.escape(separator)
    marked: set[str] = set()
    wrong: dict[str, tuple[str, str]] = {}  # the place and the text of a column's first such cell
    for separated, others in blocks.each(partial(_find_marks, columns, mark)):
        marked |= separated
        wrong = others | wrong
    for name in numbers:
        if name in marked and name in wrong:
            raise DataError(
                f"expected numbers with the thousands separator {separator!r}",
                where=wrong[name][0],
                found=wrong[name][1],
                hint="correct the cell",
            )
    chosen = sorted(marked - wrong.keys())
    return blocks.map(partial(_without, columns=chosen, mark=mark)) if chosen else blocks


def _find_marks(
    columns: Sequence[str], mark: str, block: Table
) -> tuple[set[str], dict[str, tuple[str, str]]]:
    """Return the columns with `mark`, and place and text of the first cell that is not a number."""
    marked: set[str] = set()
    wrong: dict[str, tuple[str, str]] = {}
    for name in columns:
        cells = block.frame[name]
        if cells.dtype != object:
            continue
        present = cells.notna().to_numpy()
        texts = cells[present]
        if texts.str.contains(mark).any():
            marked.add(name)
        bad = ~texts.str.fullmatch(GROUPED % mark).to_numpy(bool)
        if bad.any():
            row = int(np.flatnonzero(present)[bad.argmax()])
            wrong[name] = block.where(row, name), repr(cells.iloc[row])
    return marked, wrong


def _without(table: Table, columns: Sequence[str], mark: str) -> Table:
    """Convert text `columns` to numbers without the separators `mark`."""
    import pandas as pd

    changed = {
        name: pd.to_numeric(table.frame[name].str.replace(mark, "", regex=True)).astype(np.float64)
        for name in columns
    }
    return replace(table, frame=table.frame.assign(**changed))
