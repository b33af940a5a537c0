"""A table of class probabilities that a teacher gave elsewhere, one row per data row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from crembo_cli.dataset.read import read_table
from crembo_cli.errors import TeacherError
from crembo_cli.teachers.contract import Beliefs, ClassLabel, ModelInput, ModelOutput, Progress
from crembo_cli.teachers.interpret import one_hot
from crembo_cli.teachers.output_format import RANGE_TOLERANCE, SUM_TOLERANCE

if TYPE_CHECKING:
    import pandas as pd

    from crembo_cli.dataset.dtypes import ColumnType
    from crembo_cli.dataset.table import Table


class BeliefTable:
    """A `Teacher` that looks up class probabilities by row number.

    The file has one column per class, named by its label, and one row per row of the data, in
    the same order.
    """

    format = "beliefs"
    producer = ""
    metadata: Mapping[str, str] = MappingProxyType({})
    feature_names: tuple[str, ...] | None = None
    n_features: int | None = None
    inputs: tuple[ModelInput, ...] = ()
    outputs: tuple[ModelOutput, ...] = ()
    answers_new_rows = False
    classes_source = "the column names"
    numbered = False
    warnings: tuple[str, ...] = ()
    threshold: float | None = None

    def __init__(self, path: Path, *, hard_labels: bool) -> None:
        table = read_table(path)
        parts = sorted(path.iterdir()) if path.is_dir() else [path]
        beliefs = _check_probabilities(table)
        self.name = table.name
        self.sha256 = table.sha256
        self.bytes = sum(part.stat().st_size for part in parts)
        self.rows = len(beliefs)
        self.classes = parse_classes(tuple(table.frame.columns))
        self.output_format = "a table of class probabilities"
        if hard_labels:
            self.output_format = (
                "the most probable labels of a table, as one-hot probabilities (--hard-labels)"
            )
            beliefs = one_hot(beliefs.argmax(axis=1), beliefs.shape[1], range(self.rows))
        self._beliefs = beliefs

    def beliefs(self, frame: pd.DataFrame, progress: Progress | None = None) -> Beliefs:
        """Return the rows of the table with the numbers in the index of `frame`; see `Teacher`."""
        rows = frame.index.to_numpy()
        if len(rows) and rows.max() >= self.rows:
            raise TeacherError(
                "the table of class probabilities does not match the data",
                where=self.name,
                found=f"{self.rows} rows, but the data has a row {rows.max() + 1}",
                wanted="one row for each row of the data, in the same order",
            )
        if progress is not None:
            progress(len(rows))
        picked: Beliefs = self._beliefs[rows]
        return picked

    def column_types(self, count: int) -> tuple[ColumnType, ...]:
        """Return (): a table knows nothing about features."""
        del count
        return ()

    def rows_per_second(self, frame: pd.DataFrame) -> float:
        """Raise TeacherError: a table does not predict."""
        raise TeacherError("a table of class probabilities has no prediction speed")

    def close(self) -> None:
        """Do nothing: a table has no process."""


def parse_classes(names: Sequence[str]) -> tuple[ClassLabel, ...]:
    """Return the class labels for column names: integers, numbers, True and False, or text.

    Names are numbers only if all of them are, and if each number prints as its name ("1", not
    "01").
    """
    if set(names) == {"True", "False"}:
        return tuple(name == "True" for name in names)
    types: tuple[Callable[[str], float], ...] = (int, float)
    for type_ in types:
        try:
            numbers = tuple(type_(name) for name in names)
        except ValueError:
            continue
        if all(map(isfinite, numbers)) and [str(number) for number in numbers] == list(names):
            return numbers
    return tuple(names)


def _check_probabilities(table: Table) -> Beliefs:
    """Return the class probabilities, float32 (n, c); raise TeacherError if they are none."""
    frame = table.frame
    hint = "the table must have one column per class, named by its label, and no other columns"
    for name, dtype in frame.dtypes.items():
        if dtype.kind not in "biuf":
            raise TeacherError(
                "text in a table of class probabilities",
                where=table.where(0, str(name)),
                found=repr(frame[name].iloc[0]) if len(frame) else str(dtype),
                wanted="a probability",
                hint=hint,
            )
    if frame.shape[1] < 2:
        raise TeacherError(
            "too few columns in a table of class probabilities",
            where=table.name,
            found=str(frame.shape[1]),
            wanted="2 or more",
            hint=hint,
        )
    beliefs = frame.to_numpy(dtype=np.float64)
    outside = ~((beliefs >= -RANGE_TOLERANCE) & (beliefs <= 1.0 + RANGE_TOLERANCE))
    if outside.any():
        row, column = (int(place) for place in np.argwhere(outside)[0])
        raise TeacherError(
            "invalid probability",
            where=table.where(row, str(frame.columns[column])),
            found=f"{beliefs[row, column]:.6g}",
            wanted="a number from 0 to 1",
            hint=hint,
        )
    sums = beliefs.sum(axis=1)
    off = np.flatnonzero(np.abs(sums - 1.0) > SUM_TOLERANCE)
    if off.size:
        raise TeacherError(
            "the class probabilities of a row do not sum to 1",
            where=table.where(int(off[0])),
            found=f"{sums[off[0]]:.6g}",
            wanted=f"1, within {SUM_TOLERANCE:g}",
            hint=hint,
        )
    shares = np.clip(beliefs, 0.0, 1.0)
    shares /= shares.sum(axis=1, keepdims=True)
    return np.asarray(shares, dtype=np.float32)
