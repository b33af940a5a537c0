"""Metrics by class."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crembo_cli.dataset.columns import Columns
from crembo_cli.dataset.encode import learn_encoding
from crembo_cli.dataset.labelled import LabelledTable
from crembo_cli.dataset.table import Table
from crembo_cli.evaluation.measured import measure_rows
from crembo_cli.evaluation.metrics import ClassMetrics, Prediction, measure, measure_by_class
from crembo_cli.evaluation.totals import Totals
from crembo_cli.students.contract import Floats, Indices

PROBABILITIES = np.array([[0.75, 0.25], [0.5, 0.5], [0.25, 0.75], [0.0, 1.0]], np.float32)
PREDICTED = np.array([0, 1, 1, 1])


def labelled_table(y_true: Indices | None = None) -> LabelledTable:
    """Build four rows with the teacher's probabilities."""
    frame = pd.DataFrame({"x": np.arange(4.0)})
    encoding = learn_encoding(frame, PROBABILITIES)
    return LabelledTable(
        table=Table(name="data.csv", sha256="", frame=frame),
        total=len(frame),
        columns=Columns(label=None, features=("x",), extra=()),
        encoding=encoding,
        frame=frame,
        rows=encoding.encode(frame),
        beliefs=PROBABILITIES,
        y_true=y_true,
    )


def totals(table: LabelledTable, predicted: Prediction, *, teacher: bool = True) -> Totals:
    """Sum what was predicted for the rows of `table`."""
    return measure_rows(table, {"student": predicted}, teacher=teacher).totals.each["student"]


def bare(labels: Indices) -> Prediction:
    """Build a prediction without probabilities."""
    return Prediction(labels=labels, probabilities=None)


def test_metrics_by_true_label() -> None:
    """Row of the confusion matrix, recall, precision and mean teacher probability."""
    table = labelled_table(np.array([0, 0, 0, 1]))
    assert measure_by_class(totals(table, bare(PREDICTED)), ["no", "yes"]) == [
        ClassMetrics(
            name="no",
            teacher_predicted=2,
            rows=3,
            predicted=[1, 2],
            recall=pytest.approx(1 / 3),
            precision=1.0,
            f1=0.5,
            mean_belief=pytest.approx(2 / 3),
        ),
        ClassMetrics(
            name="yes",
            teacher_predicted=2,
            rows=1,
            predicted=[0, 1],
            recall=1.0,
            precision=pytest.approx(1 / 3),
            f1=0.5,
            mean_belief=1.0,
        ),
    ]


def test_without_labels_the_teachers_labels_count() -> None:
    """A class that is never predicted has no precision."""
    found = measure_by_class(totals(labelled_table(), bare(np.zeros(4, np.int64))), ["a", "b"])
    assert found is not None
    assert [each.rows for each in found] == [2, 2]
    assert (found[1].recall, found[1].precision, found[1].f1) == (0.0, None, 0.0)


def test_without_a_teacher_there_is_no_mean_probability() -> None:
    """Labels are enough for recall; without labels and teacher there is nothing."""
    table = labelled_table(np.array([0, 0, 0, 0]))
    found = measure_by_class(totals(table, bare(PREDICTED), teacher=False), ["a", "b"])
    assert found is not None
    assert (found[0].mean_belief, found[1].rows, found[1].recall) == (None, 0, None)
    nothing = totals(labelled_table(), bare(PREDICTED), teacher=False)
    assert measure_by_class(nothing, ["a", "b"]) is None


QUARTERS = np.array([[0.75, 0.25], [0.75, 0.25], [0.25, 0.75], [1.0, 0.0]], np.float32)
NEEDS_LABELS = ("log_loss", "brier", "roc_auc", "average_precision", "calibration_error")


def predicted(probabilities: Floats | None = QUARTERS) -> Prediction:
    """Build what a classifier with these probabilities predicts for the four rows."""
    return Prediction(labels=QUARTERS.argmax(axis=1), probabilities=probabilities)


def test_measures_of_scores_written_out() -> None:
    """Two rows of four are of the class b, which the last row gives a probability of 0."""
    found = measure(totals(labelled_table(np.array([0, 0, 1, 1])), predicted()))
    assert found.log_loss == pytest.approx((3 * np.log(4 / 3) - np.log(2.0**-23)) / 4)
    assert found.brier == pytest.approx((3 * 0.25**2 + 1) / 4)
    assert (found.roc_auc, found.average_precision) == (0.5, 0.75)
    # Bins: the rows of 0, of 0.25 and of 0.75.
    assert found.calibration_error == pytest.approx((1 + 2 * 0.25 + 0.25) / 4)
    assert found.kl == pytest.approx(
        (0 + 0.5 * np.log(0.5 / 0.75) + 0.5 * np.log(0.5 / 0.25) + 0 - np.log(2.0**-23)) / 4
    )


def test_without_labels_the_divergence_from_the_teacher_remains() -> None:
    """Without a teacher the others do; without probabilities none."""
    found = measure(totals(labelled_table(), predicted()))
    assert [getattr(found, name) for name in NEEDS_LABELS] == [None] * 5
    assert found.kl is not None
    table = labelled_table(np.array([0, 0, 1, 1]))
    alone = measure(totals(table, predicted(), teacher=False))
    assert alone.kl is None
    assert None not in [getattr(alone, name) for name in NEEDS_LABELS]
    without = measure(totals(table, predicted(None)))
    assert [getattr(without, name) for name in ("kl", *NEEDS_LABELS)] == [None] * 6
    assert (without.accuracy, without.fidelity) == (0.75, 0.75)


def test_rows_of_one_class_have_no_ranking() -> None:
    """Proper scores remain."""
    found = measure(totals(labelled_table(np.zeros(4, np.int64)), predicted()))
    assert (found.roc_auc, found.average_precision, found.calibration_error) == (None,) * 3
    assert found.log_loss is not None
    assert found.brier is not None
