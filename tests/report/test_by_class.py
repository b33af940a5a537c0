"""The test rows class by class."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crembo_cli.evaluation.metrics import ClassMetrics, by_class
from tests.robustness.cases import evidence_of

BELIEFS = np.array([[0.75, 0.25], [0.5, 0.5], [0.25, 0.75], [0.0, 1.0]], np.float32)
FRAME = pd.DataFrame({"x": np.arange(4.0)})
SAID = np.array([0, 1, 1, 1])


def test_by_true_label_written_out() -> None:
    """Rows of the confusion matrix, what is found, what is right, and what is believed."""
    evidence = evidence_of(FRAME, BELIEFS, np.array([0, 0, 0, 1]))
    assert by_class(evidence, SAID, ["no", "yes"], teacher=True) == [
        ClassMetrics(
            name="no",
            rows=3,
            predicted=[1, 2],
            found=pytest.approx(1 / 3),
            right=1.0,
            mean_belief=pytest.approx(2 / 3),
        ),
        ClassMetrics(
            name="yes",
            rows=1,
            predicted=[0, 1],
            found=1.0,
            right=pytest.approx(1 / 3),
            mean_belief=1.0,
        ),
    ]


def test_without_labels_by_what_the_teacher_says() -> None:
    """A class that nobody says has no shares."""
    found = by_class(evidence_of(FRAME, BELIEFS), np.zeros(4, np.int64), ["a", "b"], teacher=True)
    assert found is not None
    assert [each.rows for each in found] == [2, 2]
    assert (found[1].found, found[1].right) == (0.0, None)


def test_without_a_teacher_nothing_is_believed() -> None:
    """With labels the rest stands; without them there is nothing to be right about."""
    labelled = evidence_of(FRAME, BELIEFS, np.array([0, 0, 0, 0]))
    found = by_class(labelled, SAID, ["a", "b"], teacher=False)
    assert found is not None
    assert (found[0].mean_belief, found[1].rows, found[1].found) == (None, 0, None)
    assert by_class(evidence_of(FRAME, BELIEFS), SAID, ["a", "b"], teacher=False) is None
