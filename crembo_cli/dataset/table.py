"""A table as it was read, from any file the user names."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows and columns, and where they came from."""

    name: str  # for messages: the file's name, or "standard input"
    sha256: str  # of the bytes read; of a folder: of its parts' bytes, one after the other
    frame: pd.DataFrame  # RangeIndex; unique str names; each column float32, float64, int64, bool,
    # or object holding str, and None where missing. Numbers with missing cells: float and NaN
    first_line: int | None = None  # the line of row 0 where each row is one line of a text file
    unusable: dict[str, str] = field(default_factory=dict)  # columns left out of the frame since
    # they are neither numbers nor text (dates, lists): name -> the type found

    def where(self, row: int, column: str | None = None) -> str:
        """Where row `row` (0 is the first) is, as a person would look it up.

        The line of a text file where rows are lines (1 is the first line), else the number of
        the row (1 is the first row).
        """
        place = f"row {row + 1}" if self.first_line is None else f"line {self.first_line + row}"
        return f"{self.name}, {place}" + ("" if column is None else f", column {column!r}")
