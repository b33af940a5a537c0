"""A labelled table, and its split into training, validation and test rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from crembo_cli.arrays import Doubles
from crembo_cli.core.image_shape import ImageShape
from crembo_cli.core.utilities import decisions, expected_utilities
from crembo_cli.errors import DataError, UsageError
from crembo_cli.students.contract import Floats, Indices

if TYPE_CHECKING:
    import pandas as pd

    from crembo_cli.dataset.columns import Columns
    from crembo_cli.dataset.encode import Encoding
    from crembo_cli.dataset.table import Table


# Called with the features of rows as `LabelledTable.frame` and `.rows` hold them, with their true
# class indices (None without labels) and with the beliefs of a teacher (None without one).
OnRows = Callable[["pd.DataFrame", Floats, Indices | None, Floats | None], Any]
Query = Callable[["pd.DataFrame"], Floats]  # `Teacher.beliefs`


def _no_rows(function: OnRows, query: Query | None) -> Iterator[Any]:
    """Generate nothing."""
    del function, query
    return iter(())


@dataclass(frozen=True, kw_only=True)
class OtherRows:
    """The rows of a table that are not held: they are read again, block by block."""

    count: int = 0
    labels: Indices | None = None  # (c,) their number by true class; None without labels
    # Generates a function of each block, about whose rows a teacher, if any, is queried before.
    each: Callable[[OnRows, Query | None], Iterator[Any]] = _no_rows


@dataclass(frozen=True, kw_only=True)
class LabelledRows:
    """What is known of n rows without their features."""

    beliefs: Floats  # (n, c) the teacher's class probabilities
    y_true: Indices | None  # (n,) class indices of the true labels; None where there are none
    utilities: Doubles | None = None  # (c, c) of decisions; None: plain labels

    def teacher_labels(self) -> Indices:
        """Return the class that the teacher's probabilities decide for, int64 (n,).

        Without utilities it is the most probable one.
        """
        return decisions(self.beliefs, self.utilities)

    def rewards(self) -> Floats:
        """Return the expected utility of predicting each class, float32 (n, c)."""
        return np.asarray(expected_utilities(self.beliefs, self.utilities), np.float32)


@dataclass(frozen=True, kw_only=True)
class LabelledTable(LabelledRows):
    """The n rows of a table that the teacher was queried about, or those whose features are held.

    A student that exists may be measured on more rows; see `evaluation.measured`.
    """

    table: Table  # of many blocks, only some of its rows are in the frame
    total: int  # its number of rows
    columns: Columns
    encoding: Encoding
    frame: pd.DataFrame  # the features, in the teacher's order and types
    rows: Floats  # (n, p) the features, encoded for students
    shape: ImageShape | None = None  # the shape of the images; None: the rows are not images
    others: OtherRows = OtherRows()  # the rows that are not held

    @cached_property
    def units(self) -> Doubles:
        """The standard deviation of each feature over the rows, float64 (p,).

        It is 0 for features that do not move: constant or empty columns, text, and booleans and
        codes, which have no values in between. Of images it is that of all pixels.
        """
        if self.shape is not None:
            return np.full(self.shape.pixels, np.nanstd(self.rows, dtype=np.float64))
        units = np.zeros(self.rows.shape[1])
        for j, feature in enumerate(self.encoding.features):
            cells = self.rows[:, j].astype(np.float64)
            cells = cells[~np.isnan(cells)]
            moves = (
                not feature.categories
                and self.encoding.dtypes[j].kind != "b"
                and j not in self.encoding.coded
            )
            if len(cells) and moves:
                units[j] = cells.std()
        return units

    def strata(self) -> Indices:
        """Return a number for each pair of true label and teacher's label, int64 (n,).

        Pairs of one true label are neighbours, so that `split_rows` has each true label in
        proportion, too. Without labels the teacher's labels are the strata.
        """
        labels = self.teacher_labels()
        return labels if self.y_true is None else self.y_true * self.beliefs.shape[1] + labels


@dataclass(frozen=True, kw_only=True)
class Splits:
    """The rows of one run, split into disjoint sets."""

    train: LabelledTable  # students are fitted on these rows
    validation: LabelledTable  # the student is selected on these rows
    test: LabelledTable  # the report is measured on these rows
    comparison: LabelledTable | None = None  # families are compared on these rows
    fitted_on: bool = False  # whether the test table is the training table itself
    others: tuple[OtherRows, ...] = ()  # rows of the tables that are in none of these sets
    more_test: OtherRows = OtherRows()  # those of them that the report is measured on, too

    def with_utilities(self, utilities: Doubles | None) -> Splits:
        """Return the same rows, decided by `utilities` (c, c)."""
        return self._changed(lambda table: replace(table, utilities=utilities))

    def with_beliefs(self, change: Callable[[Floats], Floats]) -> Splits:
        """Return the same rows with `change` applied to the teacher's probabilities."""
        return self._changed(lambda table: replace(table, beliefs=change(table.beliefs)))

    def _changed(self, change: Callable[[LabelledTable], LabelledTable]) -> Splits:
        """Return the same sets with `change` applied to each."""
        return replace(
            self,
            train=change(self.train),
            validation=change(self.validation),
            test=change(self.test),
            comparison=None if self.comparison is None else change(self.comparison),
        )

    def without_test(self) -> tuple[LabelledTable, ...]:
        """Return all sets except the test rows."""
        return (
            self.train,
            self.validation,
            *(() if self.comparison is None else (self.comparison,)),
        )


def part(table: LabelledTable, rows: NDArray[np.int64]) -> LabelledTable:
    """Return the rows with the numbers `rows` of a table."""
    return replace(
        table,
        frame=table.frame.iloc[rows],
        rows=table.rows[rows],
        beliefs=table.beliefs[rows],
        y_true=None if table.y_true is None else table.y_true[rows],
        others=OtherRows(),
    )


MOST_NAMES = 5  # classes in the note on classes with few rows


def note_few_rows(
    table: LabelledTable, sets: Sequence[NDArray[np.int64]], classes: Sequence[object]
) -> list[str]:
    """Note in one line the classes of `table` with too few rows for each of `sets` to have one.

    `sets` are row numbers; an empty one does not count. A class counts by the true labels and by
    the teacher's.
    """
    sizes = [len(each) for each in sets if len(each)]
    needed = -(-sum(sizes) // min(sizes))
    few: dict[int, int] = {}
    for labels in (table.y_true, table.teacher_labels()):
        if labels is not None:
            rows = np.bincount(labels, minlength=len(classes))
            for k in np.flatnonzero((rows > 0) & (rows < needed)).tolist():
                few.setdefault(k, int(rows[k]))
    if not few:
        return []
    named = [
        f"{str(classes[k])!r} ({rows} row{'' if rows == 1 else 's'})" for k, rows in few.items()
    ]
    more = [f"{len(named) - MOST_NAMES} more"] if len(named) > MOST_NAMES else []
    return [
        f"too few rows of {', '.join([*named[:MOST_NAMES], *more])}: a class needs {needed} for "
        "training, validation and test rows to have some each; its metrics are rough"
    ]


FEWEST_TO_FIT = 10
FEWEST = 5  # validation rows, and test rows


@dataclass(frozen=True, kw_only=True)
class Split:
    """Row numbers, int64, increasing; each row is in one set."""

    train: NDArray[np.int64]
    validation: NDArray[np.int64]  # empty if its share is 0
    test: NDArray[np.int64]  # empty if its share is 0


def split_rows(
    strata: NDArray[np.int64],
    *,
    test_share: float,
    validation_share: float,
    seed: int,
    where: str | None = None,
) -> Split:
    """Split n rows into three sets that have each stratum in proportion, to within one row.

    `strata`, int64 (n,), is the class of each row (any integers). Both shares are fractions of
    all n rows, in [0, 1), with a sum below 1; 0 means no such rows. The rows are shuffled,
    sorted by stratum and sampled systematically: at equal steps from a random start (Madow
    1944), which needs no special case for a stratum of one row.

    Raises `UsageError` for shares out of range, and `DataError` about `where` if a set would be
    too small: below 10 training, 5 validation or 5 test rows.
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
            where=where,
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
        selected = min(max(selected, FEWEST), n - tested)
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
