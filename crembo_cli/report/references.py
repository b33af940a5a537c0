"""What the references reach on test rows, beside the student: the advice of a report."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from crembo_cli.dataset.labelled import LabelledTable, part
from crembo_cli.evaluation.differences import differences_of
from crembo_cli.evaluation.measured import measure_rows
from crembo_cli.evaluation.metrics import Prediction, measure
from crembo_cli.report.model import ReferenceInfo
from crembo_cli.search.references import Reference

MOST_ROWS = 20_000  # test rows that the references are measured on


def describe_references(
    references: Iterable[Reference], test: LabelledTable, student: Prediction
) -> dict[str, ReferenceInfo]:
    """Measure the references on some rows of `test`, beside what the `student` predicts there.

    They are at equal steps through it, and enough to tell the families apart: the references of a
    large table would take longer than all else that is measured.
    """
    rows = np.arange(len(test.rows))
    if len(rows) > MOST_ROWS:
        rows = np.arange(MOST_ROWS) * len(rows) // MOST_ROWS
        test = part(test, rows)
    student = Prediction(
        labels=student.labels[rows],
        probabilities=None if student.probabilities is None else student.probabilities[rows],
    )
    found = {}
    for each in references:
        prediction = Prediction(
            labels=each.student.predict(test.rows),
            probabilities=each.student.predict_proba(test.rows),
        )
        measured = measure_rows(test, {"reference": prediction, "student": student})
        metrics = measure(measured.totals.each["reference"])
        gains = differences_of(measured)["student"]
        assert metrics.fidelity is not None
        assert gains.fidelity is not None  # a student that was fitted has a teacher
        found[each.family] = ReferenceInfo(
            rows=each.rows,
            test_rows=len(rows),
            accuracy=metrics.accuracy,
            fidelity=metrics.fidelity,
            roc_auc=metrics.roc_auc,
            accuracy_gain=gains.accuracy,
            fidelity_gain=gains.fidelity,
            roc_auc_gain=gains.roc_auc,
        )
    return found
