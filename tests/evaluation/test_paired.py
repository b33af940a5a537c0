"""Paired differences of two students, with their intervals."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from crembo_cli.evaluation.measured import Measured, measure_rows
from crembo_cli.evaluation.metrics import Prediction, measure
from crembo_cli.evaluation.paired import COMPARED, DEPTH, Delta, deltas_of, paired_interval

Y = np.array([0, 0, 0, 0, 0, 0, 1, 1, 1, 1])


class Table(SimpleNamespace):
    """What a labelled table offers: `y_true` and `beliefs`."""

    utilities = None

    def teacher_labels(self) -> np.ndarray:
        """The most probable classes."""
        return np.asarray(self.beliefs.argmax(axis=1))

    def rewards(self) -> np.ndarray:
        """The beliefs."""
        return np.asarray(self.beliefs)


def table(y: np.ndarray | None = Y) -> Any:
    """Ten rows of two classes; the teacher is right and certain to 0.9."""
    return Table(y_true=y, beliefs=np.eye(2, dtype=np.float32)[Y] * 0.8 + 0.1)


def prediction(*labels: int, likely: float = 0.75) -> Prediction:
    """Predict these labels, with the probability `likely`."""
    found = np.array(labels)
    probabilities = np.eye(2, dtype=np.float32)[found] * (2 * likely - 1) + (1 - likely)
    return Prediction(labels=found, probabilities=probabilities.astype(np.float32))


A = prediction(0, 0, 0, 0, 0, 1, 1, 1, 0, 0)
B = prediction(0, 0, 0, 0, 0, 0, 1, 1, 1, 0)


def both(rows: Any, a: Prediction, b: Prediction, *, teacher: bool = True) -> Measured:
    """Measure the students A and B."""
    return measure_rows(rows, {"a": a, "b": b}, teacher=teacher)


def deltas(
    rows: Any, a: Prediction, b: Prediction, *, teacher: bool = True
) -> dict[str, Delta | None]:
    """Compare the students A and B."""
    return deltas_of(both(rows, a, b, teacher=teacher), seed=0)


def test_a_difference_of_shares_with_its_interval_by_hand() -> None:
    """B is right on two more of ten rows: (2 / 12) -+ 1.96 sqrt(2 + 1 - 4 / 12) / 12."""
    found = deltas(table(), A, B)["accuracy"]
    assert found is not None
    assert found.value == pytest.approx(0.2)
    error = 1.959964 * np.sqrt(3 - 4 / 12) / 12
    assert (found.low, found.high) == pytest.approx((2 / 12 - error, 2 / 12 + error))
    assert paired_interval(0.0, 0.0, 100)[1] == pytest.approx(1.959964 / 102)


def test_a_difference_of_means_has_the_standard_error_of_the_pairs() -> None:
    """The mean probability by hand: .8 on two of ten rows, else 0; the deviation is .32."""
    found = deltas(table(), A, B)["mean_belief"]
    assert found is not None
    assert found.value == pytest.approx(0.16)
    assert found.high - found.value == pytest.approx(1.959964 * 0.32 / np.sqrt(10), rel=1e-5)


def test_the_values_are_the_differences_of_the_metrics() -> None:
    """Of every metric that is compared, B less A."""
    measured = both(table(), A, B)
    found = deltas_of(measured, seed=0)
    a, b = (measure(measured.totals.each[name]) for name in "ab")
    assert set(found) == set(COMPARED)
    for name, delta in found.items():
        assert delta is not None, name
        if name == DEPTH:
            expected = (b.insensitive_depth["0.05"] or 0) - (a.insensitive_depth["0.05"] or 0)
        else:
            expected = getattr(b, name) - getattr(a, name)
        assert delta.value == pytest.approx(expected, abs=1e-6), name
        assert delta.low <= delta.value <= delta.high, name


def test_without_labels_teacher_or_probabilities_what_needs_them_is_none() -> None:
    """And the rest remains."""
    known = {key for key, each in deltas(table(None), A, B).items() if each is not None}
    assert known == {"fidelity", DEPTH, "mean_belief", "kl"}
    bare = Prediction(labels=B.labels, probabilities=None)
    known = {
        key for key, each in deltas(table(), A, bare, teacher=False).items() if each is not None
    }
    assert known == {"accuracy", "balanced_accuracy"}


def test_the_intervals_have_their_confidence() -> None:
    """Of 400 samples of two students whose true difference is .05, 93 to 97 % cover it."""
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(400):
        right = rng.random((300, 2)) < (0.8, 0.85)
        y = np.zeros(300, np.int64)
        sample = Table(y_true=y, beliefs=np.tile(np.float32([0.9, 0.1]), (300, 1)))
        a, b = (
            Prediction(labels=np.where(right[:, k], 0, 1), probabilities=None) for k in range(2)
        )
        found = deltas(sample, a, b, teacher=False)["accuracy"]
        assert found is not None
        covered += found.low <= 0.05 <= found.high
    assert 372 <= covered <= 390
