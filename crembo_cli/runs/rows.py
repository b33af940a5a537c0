"""Which rows of a table are queried, which are tested on, and whose features are kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from crembo_cli.arrays import Indices
from crembo_cli.dataset.draw import Codes, draw_rows
from crembo_cli.dataset.labelled import LabelledRows, LabelledTable
from crembo_cli.errors import UsageError, list_names
from crembo_cli.evaluation.scores import compared_classes
from crembo_cli.runs.options import check_range, refuse_both
from crembo_cli.search import defaults

if TYPE_CHECKING:
    from crembo_cli.evaluation.totals import TableTotals

# Of a row that is kept: each cell in a frame and encoded, and a copy of both while rows are split.
BYTES_PER_CELL = 24
HELD_ROWS = 300_000  # of those measured, so that memory does not grow with the rows

# The number of rows of a table and the class of each row, None without labels, become the numbers
# of the rows to use; None: all of them.
Draw = Callable[[int, Codes | None], Indices | None]


@dataclass(frozen=True, kw_only=True)
class RowLimits:
    """The largest numbers of rows to query; None: no limit."""

    fit: int | None = defaults.FIT_ROWS  # to fit and validate on
    test: int | None = defaults.TEST_ROWS
    total: int | None = None  # of both together
    # Whether all other rows are test rows, too, whose features are not held; those of a table with
    # a test table of its own are not.
    every: bool = False

    def words(self) -> str:
        """Say how many rows of a table are queried."""
        if self.total is not None:
            return f"at most {self.total:,} rows"
        if self.every:
            return f"all rows; at most {self.fit:,} to fit and validate on"
        if self.fit is None or self.test is None:
            return "all rows"
        return f"at most {self.fit:,} rows to fit and validate on, {self.test:,} to test on"

    def share_out(self, rows: int, test_share: float) -> tuple[int, int]:
        """Return how many of `rows` rows to fit on and to test on, of those that are held."""
        total = rows if self.total is None else min(rows, self.total)
        tested = round(total * test_share)
        fitted = total - tested
        return (
            fitted if self.fit is None else min(fitted, self.fit),
            tested if self.test is None else min(tested, self.test),
        )

    def draw(self, test_share: float, seed: int) -> Draw:
        """Return the draw of a table of which `test_share` is tested on."""

        def draw(rows: int, strata: Codes | None) -> Indices | None:
            count = sum(self.share_out(rows, test_share))
            return None if count >= rows else draw_rows(rows, count, seed, strata)

        return draw


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

    def words(self) -> str:
        """Say how many rows are queried."""
        if self.rows.every and self.test_data is not None:
            return f"at most {self.rows.fit:,} rows of DATA, all rows of --test-data"
        return self.rows.words()

    def shares(self) -> tuple[float, float]:
        """The shares of the rows that are test rows and validation rows."""
        test = 0.0
        if self.test_data is None:
            test = defaults.TEST_SIZE if self.test_size is None else self.test_size
        return test, defaults.VALIDATION_SIZE * (1 - test)


@dataclass(frozen=True, kw_only=True)
class RowsToMeasure:
    """Which rows a student that exists is measured on.

    A draw is remembered: where students of different columns read one table twice, both get the
    same rows.
    """

    words: str  # how many
    draw: Draw
    hold: Draw  # among them, those of a table in blocks whose features are kept


def rows_to_fit(value: str | int) -> RowLimits:
    """Return the limits of `--rows`, for a student that is fitted. Raises UsageError."""
    every = RowLimits(fit=defaults.MOST_FIT_ROWS, test=HELD_ROWS, every=True)
    return parse_rows(value, RowLimits(), every)


def rows_to_measure(value: str | int, seed: int) -> RowsToMeasure:
    """Return the rows of `--rows`, for a student that exists. Raises UsageError."""
    auto = RowLimits(fit=None, test=None, total=defaults.MEASURED_ROWS)
    limits = parse_rows(value, auto, RowLimits(fit=None, test=None))
    held = RowLimits(fit=None, test=None, total=HELD_ROWS)
    draw, hold = (_once(each.draw(1.0, seed)) for each in (limits, held))
    return RowsToMeasure(words=limits.words(), draw=draw, hold=hold)


def _once(draw: Draw) -> Draw:
    """Return `draw`, which gives the rows of its first table from then on."""
    found: list[Indices | None] = []

    def again(rows: int, strata: Codes | None) -> Indices | None:
        if not found:
            found.append(draw(rows, strata))
        return found[0]

    return again


def refuse_beyond_memory(name: str, rows: int, columns: int, memory: int | None) -> None:
    """Raise UsageError where so many rows of the table `name` do not fit into `memory`, in bytes.

    None: it is not known. Without a word, the system would kill the process after minutes.
    """
    needed = rows * columns * BYTES_PER_CELL
    if memory is not None and needed > memory:
        fitting = memory // (columns * BYTES_PER_CELL)
        digits = 10 ** max(len(str(fitting)) - 1, 0)
        raise UsageError(
            "more rows than memory holds",
            where=name,
            found=f"{rows:,} rows x {columns:,} columns, at least {needed / 1e9:,.3g} GB",
            wanted=f"at most {memory / 1e9:,.3g} GB",
            hint=f"use --rows {fitting // digits * digits}, or fewer columns",
        )


def note_measured(test: LabelledTable, measured: int) -> list[str]:
    """Note of how many rows of the table of `test` were drawn and `measured`, if not all."""
    if measured == test.total:
        return []
    rows = f"{measured:,} of {test.total:,} rows are drawn and measured"
    return [f"{rows}; measure all of them with --rows all"]


def note_held(
    test: LabelledRows, totals: TableTotals, held_for: str, names: Sequence[str]
) -> list[str]:
    """Note that `held_for` is measured on the rows of `test`, if these are some of the `totals`.

    So is the error of a difference of AUCs, which is unknown where one of the classes, `names`
    (c,), has no such row.
    """
    held = len(test.beliefs)
    if held == totals.rows:
        return []
    found = [f"{held_for} are measured on {held:,} drawn rows"]
    if test.y_true is not None and totals.labels is not None:
        absent = set(compared_classes(totals.labels)) - set(test.y_true.tolist())
        if absent:
            found.append(
                "the errors of differences in AUC are unknown: no drawn row is of class "
                f"{list_names([names[k] for k in sorted(absent)])}"
            )
    return found


def parse_rows(value: str | int, auto: RowLimits, every: RowLimits) -> RowLimits:
    """Return the limits of a number, or `auto` of "auto", `every` of "all". Raises UsageError."""
    text = str(value)
    if text == "auto":
        return auto
    if text == "all":
        return every
    if not re.fullmatch("[0-9]{1,12}", text) or int(text) == 0:
        raise UsageError(
            "invalid number of rows",
            where="--rows",
            found=repr(value),
            wanted="auto, all, or a whole number from 1",
        )
    return RowLimits(fit=None, test=None, total=int(text))
