"""Metrics by class."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crembo_cli.dataset.columns import Columns
from crembo_cli.dataset.encode import learn_encoding
from crembo_cli.dataset.labelled import LabelledTable
from crembo_cli.dataset.table import Table
from crembo_cli.evaluation.metrics import ClassMetrics, measure_by_class
from crembo_cli.students.contract import Indices

PROBABILITIES = np.array([[0.75, 0.25], [0.5, 0.5], [0.25, 0.75], [0.0, 1.0]], np.float32)
PREDICTED = np.array([0, 1, 1, 1])


def labelled_table(y_true: Indices | None = None) -> LabelledTable:
    """Build four rows with the teacher's probabilities."""
    frame = pd.DataFrame({"x": np.arange(4.0)})
    encoding = learn_encoding(frame, PROBABILITIES)
    return LabelledTable(
        table=Table(name="data.csv", sha256="", frame=frame),
        columns=Columns(label=None, features=("x",), extra=()),
        encoding=encoding,
        frame=frame,
        rows=encoding.encode(frame),
        beliefs=PROBABILITIES,
        y_true=y_true,
    )


def test_metrics_by_true_label() -> None:
    """Row of the confusion matrix, recall, precision and mean teacher probability."""
    table = labelled_table(np.array([0, 0, 0, 1]))
    assert measure_by_class(table, PREDICTED, ["no", "yes"], teacher=True) == [
        ClassMetrics(
            name="no",
            rows=3,
            predicted=[1, 2],
            recall=pytest.approx(1 / 3),
            precision=1.0,
            mean_belief=pytest.approx(2 / 3),
        ),
        ClassMetrics(
            name="yes",
            rows=1,
            predicted=[0, 1],
            recall=1.0,
            precision=pytest.approx(1 / 3),
            mean_belief=1.0,
        ),
    ]


def test_without_labels_the_teachers_labels_count() -> None:
    """A class that is never predicted has no precision."""
    found = measure_by_class(labelled_table(), np.zeros(4, np.int64), ["a", "b"], teacher=True)
    assert found is not None
    assert [each.rows for each in found] == [2, 2]
    assert (found[1].recall, found[1].precision) == (0.0, None)


def test_without_a_teacher_there_is_no_mean_probability() -> None:
    """Labels are enough for recall; without labels and teacher there is nothing."""
    found = measure_by_class(
        labelled_table(np.array([0, 0, 0, 0])), PREDICTED, ["a", "b"], teacher=False
    )
    assert found is not None
    assert (found[0].mean_belief, found[1].rows, found[1].recall) == (None, 0, None)
    assert measure_by_class(labelled_table(), PREDICTED, ["a", "b"], teacher=False) is None
