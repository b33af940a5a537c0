"""Rows as arrays, with the teacher's class probabilities and the true labels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

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
