"""A table of beliefs: what a teacher that is not here answered elsewhere, row by row."""

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

if TYPE_CHECKING:
    import pandas as pd

    from crembo_cli.dataset.table import Table

SUM_TOLERANCE = 1e-3  # how far a row's sum may be from 1
RANGE_TOLERANCE = 1e-6  # forests reach 1.0000001


class BeliefTable:
    """One column per class, named by its label; one row per row of the table, in its order."""

    format = "beliefs"
    producer = ""
    metadata: Mapping[str, str] = MappingProxyType({})
    feature_names: tuple[str, ...] | None = None
    n_features: int | None = None
    inputs: tuple[ModelInput, ...] = ()
    outputs: tuple[ModelOutput, ...] = ()
    answers_new_rows = False
    classes_source = "the names of its columns"
    numbered = False
    warnings: tuple[str, ...] = ()

    def __init__(self, path: Path, *, hard_labels: bool) -> None:
        table = read_table(path)
        parts = sorted(path.iterdir()) if path.is_dir() else [path]
        beliefs = _checked(table)
        self.name = table.name
        self.sha256 = table.sha256
        self.bytes = sum(part.stat().st_size for part in parts)
        self.rows = len(beliefs)
        self.classes = named_classes(tuple(table.frame.columns))
        self.output_format = "a table of probabilities, taken row by row"
        if hard_labels:
            self.output_format = "a table's most probable labels, taken as certain (--hard-labels)"
            beliefs = one_hot(beliefs.argmax(axis=1), beliefs.shape[1], range(self.rows))
        self._beliefs = beliefs

    def beliefs(self, frame: pd.DataFrame, progress: Progress | None = None) -> Beliefs:
        """The rows of the table that `frame`'s index names; see `Teacher`."""
        rows = frame.index.to_numpy()
        if len(rows) and rows.max() >= self.rows:
            raise TeacherError(
                "the table of beliefs does not fit the data",
                where=self.name,
                found=f"{self.rows} rows of beliefs, and row {rows.max()} asked for",
                wanted="one row of beliefs for each row of the data, in its order",
            )
        if progress is not None:
            progress(len(rows))
        picked: Beliefs = self._beliefs[rows]
        return picked

    def rows_per_second(self, frame: pd.DataFrame) -> float:
        """Raises TeacherError: a table predicts nothing."""
        raise TeacherError("a table of beliefs predicts nothing, so it has no speed")

    def close(self) -> None:
        """Nothing runs for a table."""


def named_classes(names: Sequence[str]) -> tuple[ClassLabel, ...]:
    """Class labels from columns' names: all whole numbers, all numbers, True and False, or text.

    A name counts as a number only where the number prints as that name again ("1", not "01").
    """
    if set(names) == {"True", "False"}:
        return tuple(name == "True" for name in names)
    kinds: tuple[Callable[[str], float], ...] = (int, float)
    for kind in kinds:
        try:
            numbers = tuple(kind(name) for name in names)
        except ValueError:
            continue
        if all(map(isfinite, numbers)) and [str(number) for number in numbers] == list(names):
            return numbers
    return tuple(names)


def _checked(table: Table) -> Beliefs:
    frame = table.frame
    hint = "a table of beliefs has one column per class, named by its label, and no other columns"
    for name, dtype in frame.dtypes.items():
        if dtype.kind not in "biuf":
            raise TeacherError(
                "a table of beliefs holds text",
                where=table.where(0, str(name)),
                found=repr(frame[name].iloc[0]) if len(frame) else str(dtype),
                wanted="a probability",
                hint=hint,
            )
    if frame.shape[1] < 2:
        raise TeacherError(
            "a table of beliefs has too few columns",
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
            "a belief is no probability",
            where=table.where(row, str(frame.columns[column])),
            found=f"{beliefs[row, column]:.6g}",
            wanted="a number from 0 to 1",
            hint=hint,
        )
    sums = beliefs.sum(axis=1)
    off = np.flatnonzero(np.abs(sums - 1.0) > SUM_TOLERANCE)
    if off.size:
        raise TeacherError(
            "the beliefs of a row do not sum to 1",
            where=table.where(int(off[0])),
            found=f"{sums[off[0]]:.6g}",
            wanted=f"1, to {SUM_TOLERANCE:g}",
            hint=hint,
        )
    shares = np.clip(beliefs, 0.0, 1.0)
    shares /= shares.sum(axis=1, keepdims=True)
    return np.asarray(shares, dtype=np.float32)
