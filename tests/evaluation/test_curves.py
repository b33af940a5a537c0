"""The curves of class probabilities."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import precision_recall_curve

from crembo_cli.evaluation.curves import POINTS, curves_of
from crembo_cli.evaluation.metrics import Prediction
from crembo_cli.students.contract import Floats


def prediction(likely: Floats) -> Prediction:
    """Build what a classifier predicts that gives the second class these probabilities."""
    Q = np.stack([1 - likely, likely], axis=1)
    return Prediction(labels=Q.argmax(axis=1), probabilities=Q)


def test_curves_written_out() -> None:
    """Two of four rows are of the class; two rows of equal probability come together."""
    likely = np.float32([0.75, 0.5, 0.5, 0.0])
    found = curves_of({"student": prediction(likely)}, np.array([1, 0, 1, 0]))["student"]
    assert found.precision_recall == ([0.5, 1.0, 1.0], [1.0, pytest.approx(2 / 3), 0.5])
    assert found.gain == ([0.0, 0.25, 0.75, 1.0], [0.0, 0.5, 1.0, 1.0])
    assert found.calibration == ([0.0, 0.5, 0.75], [0.0, 0.5, 1.0])


def test_points_are_those_of_scikit_learn() -> None:
    """Those of the first thresholds; a long curve is thinned and keeps both its ends."""
    rng = np.random.default_rng(0)
    likely = rng.permutation(1000).astype(np.float32) / 1000
    y = (rng.random(1000) < 0.4 * likely).astype(np.int64)
    found = curves_of({"student": prediction(likely)}, y)["student"]
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
    assert curves_of({"student": one}, None) == {}
    assert curves_of({"student": one}, np.array([1, 1])) == {}
    bare = Prediction(labels=one.labels, probabilities=None)
    assert set(curves_of({"student": bare, "teacher": one}, np.array([0, 1]))) == {"teacher"}
    Q = np.float32([[0.5, 0.5, 0.0], [0.25, 0.75, 0.0]])
    many = Prediction(labels=Q.argmax(axis=1), probabilities=Q)
    found = curves_of({"student": many}, np.array([0, 1]))["student"]
    assert found.gain == ([0.0, 0.25, 0.75, 1.0], [0.0, 0.5, 1.0, 1.0])
