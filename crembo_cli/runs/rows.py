"""The option `--rows`: how many rows of a table the teacher is queried about."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from crembo_cli.arrays import Indices
from crembo_cli.dataset.draw import Codes, draw_rows
from crembo_cli.errors import UsageError
from crembo_cli.search.defaults import FIT_ROWS, TEST_ROWS

# The number of rows of a table and the class of each row, None without labels, become the numbers
# of the rows to query.
Draw = Callable[[int, Codes | None], Indices]


@dataclass(frozen=True, kw_only=True)
class RowLimits:
    """The largest numbers of rows to query; None: no limit."""

    fit: int | None = FIT_ROWS  # to fit and validate on
    test: int | None = TEST_ROWS
    total: int | None = None  # of both together

    def words(self) -> str:
        """Say how many rows of DATA are queried."""
        if self.total is not None:
            return f"at most {self.total:,} rows"
        if self.fit is None or self.test is None:
            return "all rows"
        return f"at most {self.fit:,} rows to fit and validate on, {self.test:,} to test on"

    def share_out(self, rows: int, test_share: float) -> tuple[int, int]:
        """Return how many of `rows` rows to fit on and to test on."""
        total = rows if self.total is None else min(rows, self.total)
        tested = round(total * test_share)
        fitted = total - tested
        return (
            fitted if self.fit is None else min(fitted, self.fit),
            tested if self.test is None else min(tested, self.test),
        )

    def draw(self, test_share: float, seed: int) -> Draw:
        """Return the draw of a table of which `test_share` is tested on."""
        return lambda rows, strata: draw_rows(
            rows, sum(self.share_out(rows, test_share)), seed, strata
        )


def parse_rows(value: str | int) -> RowLimits:
    """Return the limits of "auto", "all" or a number. Raises UsageError."""
    text = str(value)
    if text == "auto":
        return RowLimits()
    if text == "all":
        return RowLimits(fit=None, test=None)
    if not re.fullmatch("[0-9]{1,12}", text) or int(text) == 0:
        raise UsageError(
            "invalid number of rows",
            where="--rows",
            found=repr(value),
            wanted="auto, all, or a whole number from 1",
        )
    return RowLimits(fit=None, test=None, total=int(text))
