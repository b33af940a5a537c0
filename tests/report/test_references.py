"""References in the report: what they reach on test rows, beside the student."""

from __future__ import annotations

import numpy as np
import pytest

from crembo_cli.dataset.labelled import part
from crembo_cli.evaluation.metrics import Prediction
from crembo_cli.report import references as own
from crembo_cli.search.references import Reference
from tests.robustness.small_runs import Constant, small_parts


@pytest.mark.parametrize(("most", "wanted"), [(40, range(40)), (10, range(0, 40, 4))])
def test_references_are_measured_on_rows_at_equal_steps_through_the_test_rows(
    monkeypatch: pytest.MonkeyPatch, most: int, wanted: range
) -> None:
    """Of at most so many; the gains are over the student on the very same rows."""
    monkeypatch.setattr(own, "MOST_ROWS", most)
    test = part(small_parts().test, np.arange(40))
    student = Prediction(labels=np.arange(40) % 3, probabilities=test.beliefs)
    references = [Reference(family="linear", student=Constant(1, 3), rows=7)]  # type: ignore[arg-type]  # it needs no file
    found = own.describe_references(references, test, student)["linear"]
    rows = np.array(wanted)
    assert (found.rows, found.test_rows) == (7, len(rows))
    assert test.y_true is not None
    right = Constant(1, 3).predict(test.rows[rows]) == test.y_true[rows]
    students = student.labels[rows] == test.y_true[rows]
    assert found.accuracy == pytest.approx(right.mean())
    assert found.accuracy_gain is not None
    assert found.accuracy_gain.value == pytest.approx(right.mean() - students.mean())
