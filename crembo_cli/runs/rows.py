"""Which rows of a table the teacher is queried about, and which are tested on."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from crembo_cli.arrays import Indices
from crembo_cli.dataset.draw import Codes, draw_rows
from crembo_cli.errors import UsageError
from crembo_cli.runs.options import check_range, refuse_both
from crembo_cli.search import defaults

# The number of rows of a table and the class of each row, None without labels, become the numbers
# of the rows to query.
Draw = Callable[[int, Codes | None], Indices]


@dataclass(frozen=True, kw_only=True)
class RowLimits:
    """The largest numbers of rows to query; None: no limit."""

    fit: int | None = defaults.FIT_ROWS  # to fit and validate on
    test: int | None = defaults.TEST_ROWS
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


@dataclass(frozen=True, kw_only=True)
class SplitOptions:
    """Which rows the student is fitted on, and which the report is measured on."""

    test_size: float | None = None  # None: the default, unless there is `test_data`
    test_data: object = None  # a table of its own, as `data`
    rows: RowLimits = field(default_factory=RowLimits)

    def __post_init__(self) -> None:
        if self.test_data is not None:
            refuse_both("--test-data", {"--test-size": self.test_size})
        if self.test_size is not None:
            check_range("--test-size", self.test_size, 0.01, 0.9)

    def shares(self) -> tuple[float, float]:
        """The shares of the rows that are test rows and validation rows."""
        test = 0.0
        if self.test_data is None:
            test = defaults.TEST_SIZE if self.test_size is None else self.test_size
        return test, defaults.VALIDATION_SIZE * (1 - test)


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
