"""A labelled table, and its split into training, validation and test rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from crembo_cli.errors import DataError, UsageError
from crembo_cli.students.contract import Floats, Indices

if TYPE_CHECKING:
    import pandas as pd

    from crembo_cli.dataset.columns import Columns
    from crembo_cli.dataset.encode import Encoding
    from crembo_cli.dataset.table import Table


@dataclass(frozen=True, kw_only=True)
class LabelledTable:
    """A table of n rows as arrays, with the teacher's class probabilities."""

    table: Table
    columns: Columns
    encoding: Encoding
    frame: pd.DataFrame  # the features, in the teacher's order and types
    rows: Floats  # (n, p) the features, encoded for students
    beliefs: Floats  # (n, c) the teacher's class probabilities
    y_true: Indices | None  # (n,) class indices of the true labels; None where there are none

    def teacher_labels(self) -> Indices:
        """Return the teacher's most probable class of each row, int64 (n,)."""
        return np.asarray(np.argmax(self.beliefs, axis=1), np.int64)


@dataclass(frozen=True, kw_only=True)
class Splits:
    """The rows of one run, split into disjoint sets."""

    train: LabelledTable  # students are fitted on these rows
    validation: LabelledTable  # the student is selected on these rows
    test: LabelledTable  # the report is measured on these rows
    comparison: LabelledTable | None = None  # families are compared on these rows
    fitted_on: bool = False  # whether the test table is the training table itself

    def untested(self) -> tuple[LabelledTable, ...]:
        """Return all sets except the test rows."""
        return (
            self.train,
            self.validation,
            *(() if self.comparison is None else (self.comparison,)),
        )


def part(evidence: LabelledTable, rows: NDArray[np.int64]) -> LabelledTable:
    """Return the rows with the numbers `rows` of a table."""
    return replace(
        evidence,
        frame=evidence.frame.iloc[rows],
        rows=evidence.rows[rows],
        beliefs=evidence.beliefs[rows],
        y_true=None if evidence.y_true is None else evidence.y_true[rows],
    )


FEWEST_TO_FIT = 10
FEWEST = 5  # validation rows, and test rows


@dataclass(frozen=True, kw_only=True)
class Split:
    """Row numbers, int64, increasing; each row is in one set."""

    train: NDArray[np.int64]
    validation: NDArray[np.int64]  # empty if its share is 0
    test: NDArray[np.int64]  # empty if its share is 0


def split_rows(
    strata: NDArray[np.int64], *, test_share: float, validation_share: float, seed: int
) -> Split:
    """Split n rows into three sets that have each stratum in proportion, to within one row.

    `strata`, int64 (n,), is the class of each row (any integers). Both shares are fractions of
    all n rows, in [0, 1), with a sum below 1; 0 means no such rows. The rows are shuffled,
    sorted by stratum and sampled systematically: at equal steps from a random start (Madow
    1944), which needs no special case for a stratum of one row.

    Raises `UsageError` for shares out of range, and `DataError` if a set would be too small:
    below 10 training, 5 validation or 5 test rows.
    """
    if not (
        0 <= test_share < 1 and 0 <= validation_share < 1 and test_share + validation_share < 1
    ):
        raise UsageError(
            "invalid shares of rows",
            found=f"test share {test_share:g}, validation share {validation_share:g}",
            wanted="each at least 0, with a sum below 1",
        )
    n = len(strata)
    tested, selected, fitted = _counts(n, test_share, validation_share)
    if not _enough(tested, selected, fitted, test_share, validation_share):
        needed = n + 1
        while not _enough(
            *_counts(needed, test_share, validation_share), test_share, validation_share
        ):
            needed += 1
        raise DataError(
            "too few rows to split",
            found=f"{n} rows: {fitted} training, {selected} validation, {tested} test",
            wanted=f"{needed} rows or more",
        )
    random = np.random.default_rng(seed)
    order = random.permutation(n)
    order = order[np.argsort(strata[order], kind="stable")]
    test, rest = _sample(order, tested, random)
    validation, train = _sample(rest, selected, random)
    return Split(train=np.sort(train), validation=np.sort(validation), test=np.sort(test))


def _counts(n: int, test_share: float, validation_share: float) -> tuple[int, int, int]:
    tested, selected = round(n * test_share), round(n * validation_share)
    if validation_share > 0:
        # A small table can spare five validation rows; refusing it would help nobody.
        selected = min(max(selected, FEWEST), n)
    return tested, selected, n - tested - selected


def _enough(
    tested: int, selected: int, fitted: int, test_share: float, validation_share: float
) -> bool:
    return (
        fitted >= FEWEST_TO_FIT
        and (tested >= FEWEST or test_share == 0)
        and (selected >= FEWEST or validation_share == 0)
    )


def _sample(
    order: NDArray[np.int64], count: int, random: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return `count` entries at equal steps through `order`, and the others."""
    taken = np.zeros(len(order), np.bool_)
    taken[
        np.floor((np.arange(count) + random.random()) * (len(order) / max(count, 1))).astype(int)
    ] = True
    return order[taken], order[~taken]
