"""The curves of class probabilities."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import precision_recall_curve

from crembo_cli.dataset.labelled import LabelledRows
from crembo_cli.evaluation.curves import POINTS, ScoreCurves, curves_of
from crembo_cli.evaluation.measured import measure_rows
from crembo_cli.evaluation.metrics import Prediction
from crembo_cli.students.contract import Floats, Indices


def prediction(likely: Floats) -> Prediction:
    """Build what a classifier predicts that gives the second class these probabilities."""
    Q = np.stack([1 - likely, likely], axis=1)
    return Prediction(labels=Q.argmax(axis=1), probabilities=Q)


def curves(predicted: dict[str, Prediction], y: Indices | None) -> dict[str, ScoreCurves]:
    """The curves against the labels `y`."""
    (first, *_) = predicted.values()
    beliefs = np.zeros((len(first.labels), width(predicted)), np.float32)
    rows = LabelledRows(beliefs=beliefs, y_true=y)
    return curves_of(measure_rows(rows, predicted, teacher=False).totals.each)


def width(predicted: dict[str, Prediction]) -> int:
    """The number of classes."""
    return max(
        0 if (Q := each.probabilities) is None else Q.shape[1] for each in predicted.values()
    )


def test_curves_written_out() -> None:
    """Two of four rows are of the class; two rows of equal probability come together."""
    likely = np.float32([0.75, 0.5, 0.5, 0.0])
    found = curves({"student": prediction(likely)}, np.array([1, 0, 1, 0]))["student"]
    assert found.precision_recall == ([0.5, 1.0, 1.0], [1.0, pytest.approx(2 / 3), 0.5])
    assert found.gain == ([0.0, 0.25, 0.75, 1.0], [0.0, 0.5, 1.0, 1.0])
    assert found.calibration == ([0.0, 0.5, 0.75], [0.0, 0.5, 1.0])


def test_points_are_those_of_scikit_learn() -> None:
    """Those of the first thresholds; a long curve is thinned and keeps both its ends."""
    rng = np.random.default_rng(0)
    likely = rng.permutation(1000).astype(np.float32) / 1000
    y = (rng.random(1000) < 0.4 * likely).astype(np.int64)
    found = curves({"student": prediction(likely)}, y)["student"]
    recall, precision = map(np.array, found.precision_recall)
    assert len(recall) == POINTS
    known = precision_recall_curve(y, likely, drop_intermediate=False)
    pairs = set(zip(known[1].round(12), known[0].round(12), strict=True))
    assert set(zip(recall.round(12), precision.round(12), strict=True)) <= pairs
    assert found.gain[0][0] == 0.0
    assert (found.gain[0][-1], found.gain[1][-1], recall[-1]) == (1.0, 1.0, 1.0)


def test_there_are_no_curves_without_labels_probabilities_or_a_second_class() -> None:
    """Classes without rows are left out of curves of many classes."""
    one = prediction(np.float32([0.25, 0.75]))
    assert curves({"student": one}, None) == {}
    assert curves({"student": one}, np.array([1, 1])) == {}
    bare = Prediction(labels=one.labels, probabilities=None)
    assert set(curves({"student": bare, "teacher": one}, np.array([0, 1]))) == {"teacher"}
    Q = np.float32([[0.5, 0.5, 0.0], [0.25, 0.75, 0.0]])
    many = Prediction(labels=Q.argmax(axis=1), probabilities=Q)
    found = curves({"student": many}, np.array([0, 1]))["student"]
    assert found.gain == ([0.0, 0.25, 0.75, 1.0], [0.0, 0.5, 1.0, 1.0])
