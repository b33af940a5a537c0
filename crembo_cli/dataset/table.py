"""A table as read from a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows and columns, and their source."""

    name: str  # for messages: the file's name, or "standard input"
    sha256: str  # of the file's bytes; for a folder, of its parts' bytes, concatenated
    frame: (
        pd.DataFrame
    )  # RangeIndex from `first_row`; unique str names; each column float32, float64 (NaN where
    # missing), int64, bool, or object that holds str (None where missing)
    first_row: int = 0  # the number of its first row: a block of a table has those before it
    first_line: int | None = (
        None  # the line of row number 0, if each row is one line of a text file
    )
    unusable: dict[str, str] = field(default_factory=dict)  # columns that are neither numbers nor
    # text (dates, lists), left out of the frame: name -> type
    question_marks: dict[str, int] = field(default_factory=dict)  # the number of cells "?" that
    # were read as missing, by column of text
    unclear_commas: tuple[str, ...] = ()  # columns of numbers whose decimal commas might separate
    # thousands: each has three digits after it
    booleans: frozenset[str] = frozenset()  # columns of true and false; with missing cells they
    # are float64 in the frame
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # columns of lists: the
    # columns of the frame that hold their numbers

    def spread(self, names: Sequence[str]) -> tuple[str, ...]:
        """Return `names` with the columns of its numbers in the place of a column of lists."""
        return tuple(each for name in names for each in self.lists.get(name, (name,)))

    def where(self, row: int, column: str | None = None) -> str:
        """Return the place of row `row` (0 is the first of the frame) for a message.

        The place is the line number if rows are lines of a text file, else the row number; both
        count from 1.
        """
        row += self.first_row
        place = f"row {row + 1}" if self.first_line is None else f"line {self.first_line + row}"
        return f"{self.name}, {place}" + ("" if column is None else f", column {column!r}")
