"""The choice of one student of a path."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from crembo_cli.core.choice import StepScores, choose_by_accuracy, choose_by_depth, score_step


def judged(mean: float, deep: float, accuracy: float | None = None) -> StepScores:
    """A judgement beside a first student of mean belief 0.9, its lead known to 0.01."""
    return StepScores(
        depth=0.0,
        insensitive_depth=deep,
        mean_belief=mean,
        gain=mean - 0.9,
        gain_error=0.01,
        fidelity=deep,
        accuracy=accuracy,
    )


def test_the_deepest_of_those_significantly_better_is_kept() -> None:
    """A lead of two standard errors counts; of those that have it the deepest is taken."""
    steps = [judged(0.90, 0.3), judged(0.93, 0.4), judged(0.925, 0.5), judged(0.915, 0.9)]
    assert choose_by_depth(steps) == 2


def test_the_first_stays_where_no_gain_is_significant() -> None:
    """Neither depth nor a lead within two standard errors moves the choice; nor do equals."""
    assert choose_by_depth([judged(0.90, 0.3), judged(0.915, 0.9), judged(0.88, 0.9)]) == 0
    equals = replace(judged(0.90, 0.9), gain=0.0, gain_error=0.0)
    assert choose_by_depth([judged(0.90, 0.3), equals]) == 0


def test_equal_depths_go_to_the_larger_mean_belief_then_to_the_first() -> None:
    """Ties in depth are broken by mean belief; complete ties by order."""
    steps = [judged(0.90, 0.3), judged(0.93, 0.5), judged(0.94, 0.5), judged(0.94, 0.5)]
    assert choose_by_depth(steps) == 2


def test_accuracy_keeps_the_first_of_equals() -> None:
    """A tie is no win."""
    steps = [judged(0.9, 0.1, 0.8), judged(0.9, 0.2, 0.9), judged(0.9, 0.3, 0.9)]
    assert choose_by_accuracy(steps) == 1


def test_without_labels_accuracy_means_fidelity() -> None:
    """Where no labels are, the student that says most what the teacher says is kept."""
    assert choose_by_accuracy([judged(0.9, 0.1), judged(0.9, 0.4), judged(0.9, 0.2)]) == 1


def test_step_scores_by_hand() -> None:
    """Four rows, the first two real: depths over all, fidelity and accuracy over the real ones."""
    P = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.5, 0.5]], np.float32)
    found = score_step(
        P,
        np.array([0, 0, 1, 0]),
        0.25,
        teacher=np.array([0, 1]),
        y_true=np.array([1, 0]),
        first=np.array([0, 1, 1, 0]),
    )
    assert found.depth == pytest.approx(0.4)
    assert found.insensitive_depth == pytest.approx(0.5)
    assert found.mean_belief == pytest.approx((0.9 + 0.4 + 0.8 + 0.5) / 4)
    assert found.gain == pytest.approx(-0.2 / 4)
    assert found.gain_error == pytest.approx(np.std([0, -0.2, 0, 0]) / np.sqrt(2))
    assert found.fidelity == 0.5
    assert found.accuracy == 0.5
