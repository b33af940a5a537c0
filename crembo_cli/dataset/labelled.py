"""A table's rows as arrays, with the teacher's probabilities and the true labels."""

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
    """A table as arrays, n rows, with the teacher's answers."""

    table: Table
    columns: Columns
    encoding: Encoding
    frame: pd.DataFrame  # the features, as the teacher takes them
    rows: Floats  # (n, p) the features, as students take them
    beliefs: Floats  # (n, c)
    y_true: Indices | None  # (n,) class indices of the true labels; None where there are none

    def teacher_labels(self) -> Indices:
        """The teacher's own answers, the class with the largest belief: int64 (n,)."""
        return np.asarray(np.argmax(self.beliefs, axis=1), np.int64)


@dataclass(frozen=True, kw_only=True)
class Splits:
    """The evidence of one run, apart: no row is in two of them."""

    train: LabelledTable  # rows that students are fitted on
    validation: LabelledTable  # rows that the student is chosen by
    test: LabelledTable  # rows that neither was done on: the report is measured there
    comparison: LabelledTable | None = None  # rows that several families are chosen between by
    fitted_on: bool = False  # the test rows were asked for, and are the table of the others

    def untested(self) -> tuple[LabelledTable, ...]:
        """All parts but the rows that the report is measured on."""
        return (
            self.train,
            self.validation,
            *(() if self.comparison is None else (self.comparison,)),
        )


def part(evidence: LabelledTable, rows: NDArray[np.int64]) -> LabelledTable:
    """The evidence on `rows` (row numbers) alone."""
    return replace(
        evidence,
        frame=evidence.frame.iloc[rows],
        rows=evidence.rows[rows],
        beliefs=evidence.beliefs[rows],
        y_true=None if evidence.y_true is None else evidence.y_true[rows],
    )
