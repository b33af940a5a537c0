"""The classifiers of a run beside each other: the student, the teacher and the baselines."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from crembo_cli.arrays import Doubles, Floats, Indices
from crembo_cli.dataset.labelled import LabelledRows, LabelledTable, OtherRows
from crembo_cli.evaluation.baselines import Baseline
from crembo_cli.evaluation.measured import Measured, compared_among, sum_rows
from crembo_cli.evaluation.metrics import Prediction
from crembo_cli.evaluation.totals import TableTotals
from crembo_cli.students.contract import Student

if TYPE_CHECKING:
    import pandas as pd

    from crembo_cli.teachers.contract import Teacher


@dataclass(frozen=True, kw_only=True)
class Classifiers:
    """What is measured on the test rows. The workers of `--dask` get it, by pickle."""

    student: Student
    teacher: Teacher
    baselines: Mapping[str, Baseline]

    def predict(self, rows: Floats, labelled: LabelledRows) -> dict[str, Prediction]:
        """Return what they predict for n rows, by the report's names.

        `rows` (n, p) are their features, encoded; `labelled` is what is known of them.
        """
        student = Prediction(
            labels=self.student.predict(rows), probabilities=self.student.predict_proba(rows)
        )
        teacher = Prediction(labels=labelled.teacher_labels(), probabilities=labelled.beliefs)
        own = {name: each.predict(rows) for name, each in self.baselines.items()}
        return {"student": student, "teacher": teacher, **own}

    def measure(
        self, test: LabelledTable, others: OtherRows, done: Callable[[int], None]
    ) -> Measured:
        """Measure them on the rows of `test`, and on `others` of its table.

        The teacher, which has labelled those of `test`, is queried about the others. `done` is
        called with the number of rows that are measured.
        """
        compared = compared_among(test, others.labels)
        predicted = self.predict(test.rows, test)
        totals = sum_rows(test, predicted, compared, teacher=True)
        done(totals.rows)
        for each in others.each(partial(self._sum, test.utilities, compared), self.teacher.beliefs):
            totals += each
            done(totals.rows)
        return Measured(held=test, predicted=predicted, totals=totals)

    def _sum(
        self,
        utilities: Doubles | None,
        compared: Sequence[int],
        frame: pd.DataFrame,
        rows: Floats,
        y_true: Indices | None,
        beliefs: Floats | None,
    ) -> TableTotals:
        """Return the totals of a block, whose features are `frame` and `rows`."""
        del frame
        assert beliefs is not None, "the teacher was queried"
        labelled = LabelledRows(beliefs=beliefs, y_true=y_true, utilities=utilities)
        return sum_rows(labelled, self.predict(rows, labelled), compared, teacher=True)
