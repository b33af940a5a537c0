"""Losses return their gradients, and probabilities match their shares."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crembo_cli.students.scored.softmax import (
    Loss,
    as_targets,
    best_sharpness,
    cross_entropy,
    lost_reward,
    softmax,
)

SCORES = np.array([[0.0, 1.0, -1.0], [2.0, 0.5, 0.0]], np.float32)


def test_softmax_of_large_scores_does_not_overflow() -> None:
    """Scores of any size give shares that sum to 1."""
    shares = softmax(np.array([[1e300, -1e300], [5.0, 5.0]]))
    np.testing.assert_array_equal(shares, [[1.0, 0.0], [0.5, 0.5]])


def test_cross_entropy_is_its_definition() -> None:
    """The loss is minus the mean of target times log share; a row of zeros does not count."""
    targets = np.array([[0.2, 0.8, 0.0], [0.0, 0.0, 0.0]], np.float32)
    value, _ = cross_entropy(SCORES, targets)
    assert value == pytest.approx(-(targets * np.log(softmax(SCORES))).sum() / 2, rel=1e-6)


def test_lost_reward_is_its_definition() -> None:
    """The loss is minus the mean reward of a label drawn by the shares."""
    rewards = np.array([[1.0, 0.0, 1.0], [0.3, 0.3, 0.3]], np.float32)
    value, slope = lost_reward(SCORES, rewards)
    assert value == pytest.approx(-(rewards * softmax(SCORES)).sum() / 2, rel=1e-6)
    np.testing.assert_allclose(slope[1], 0.0, atol=1e-7)


@pytest.mark.parametrize("loss", [cross_entropy, lost_reward])
@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=6, max_size=6))
def test_gradients_are_those_of_the_loss(loss: Loss, cells: list[float]) -> None:
    """Gradients equal central differences, for targets that sum to 1 or 0 and any rewards."""
    goals = np.array(cells, np.float32).reshape(2, 3)
    if loss is cross_entropy:
        goals = as_targets(goals)
    _, slope = loss(SCORES, goals)
    for at in np.ndindex(SCORES.shape):
        step = np.zeros(SCORES.shape)
        step[at] = 1e-3
        up, down = (loss(SCORES + sign * step, goals)[0] for sign in (1, -1))
        assert slope[at] / len(SCORES) == pytest.approx((up - down) / 2e-3, abs=1e-4)


def test_targets_are_shares_of_the_rewards() -> None:
    """Rewards become shares that sum to 1; rows whose rewards are all equal become 0."""
    rewards = np.array([[1, 0, 1], [0, 0, 0], [1, 1, 1], [0.2, 0.2, 0.6]], np.float32)
    wanted = np.array([[0.5, 0, 0.5], [0, 0, 0], [0, 0, 0], [0.2, 0.2, 0.6]], np.float32)
    np.testing.assert_allclose(as_targets(rewards), wanted, rtol=1e-6)


def test_best_sharpness_undoes_a_factor() -> None:
    """Scores that were multiplied by 8 are best divided by 8."""
    beliefs = softmax(SCORES)
    assert best_sharpness(8 * SCORES, beliefs) == pytest.approx(1 / 8, rel=1e-2)
