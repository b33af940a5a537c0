"""Leaves refitted together do better than each on its own."""

from __future__ import annotations

import numpy as np

from crembo_cli.students.boosted.grow import refit
from crembo_cli.students.scored.softmax import cross_entropy

LEAF = np.array([[0, 2], [0, 3], [1, 2], [1, 3]] * 5)
TARGETS = np.array([[0.9, 0.1], [0.6, 0.4], [0.4, 0.6], [0.1, 0.9]] * 5, np.float32)
ZERO = np.zeros((4, 2))


def loss(values: np.ndarray) -> float:
    """The cross-entropy of summed values."""
    return cross_entropy(values[LEAF].sum(axis=1).astype(np.float32), TARGETS)[0]


def test_the_loss_comes_down_to_what_the_targets_leave() -> None:
    """Where sums of leaves can equal the targets, the refitted ones do."""
    found = refit(LEAF, ZERO, np.zeros(2), cross_entropy, TARGETS, 0.0)
    entropy = -float((TARGETS * np.log(TARGETS)).sum() / len(TARGETS))
    assert loss(ZERO) > entropy + 0.1
    assert abs(loss(found) - entropy) < 1e-3


def test_a_ridge_holds_values_near_0() -> None:
    """The larger the ridge, the smaller the values; a huge one leaves none."""
    sizes = [
        np.abs(refit(LEAF, ZERO, np.zeros(2), cross_entropy, TARGETS, ridge)).max()
        for ridge in (0.0, 0.1, 1000.0)
    ]
    assert sizes[0] > sizes[1] > sizes[2]
    assert sizes[2] < 1e-3
