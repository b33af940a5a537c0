"""Each tree is fitted to what the earlier ones leave."""

from __future__ import annotations

import numpy as np
import pytest

from crembo_cli.students.boosted.grow import grow
from crembo_cli.students.scored.softmax import cross_entropy

ROWS = np.random.default_rng(0).normal(size=(400, 2)).astype(np.float32)
RIGHT = ROWS[:, 0] * ROWS[:, 1] > 0
TARGETS = np.where(RIGHT[:, None], [0.1, 0.9], [0.8, 0.2]).astype(np.float32)


def losses(targets: np.ndarray, counts: tuple[int, ...]) -> list[float]:
    """The cross-entropy after so many trees."""
    found = []
    for count in counts:
        trees, values, begin = grow(ROWS, targets, count=count, max_depth=2, rate=0.5, seed=0)
        scores = begin + values[trees.leaves_of(ROWS)].sum(axis=1)
        found.append(cross_entropy(scores.astype(np.float32), targets)[0])
    return found


def test_more_trees_leave_less() -> None:
    """The loss falls with the number of trees."""
    first, second, third = losses(TARGETS, (1, 5, 25))
    assert first > second > third


def test_rows_without_targets_change_nothing() -> None:
    """Rows whose targets are all 0 change neither leaves' values nor the beginning's order."""
    targets = TARGETS.copy()
    targets[RIGHT] = 0.0
    trees, values, begin = grow(ROWS, targets, count=3, max_depth=2, rate=0.5, seed=0)
    scores = begin + values[trees.leaves_of(ROWS)].sum(axis=1)
    assert (scores.argmax(axis=1) == 0).all()


@pytest.mark.parametrize("seeds", [(0, 0), (0, 1)])
def test_the_draws_come_from_the_seed(
    monkeypatch: pytest.MonkeyPatch, seeds: tuple[int, int]
) -> None:
    """Where rows are drawn for each tree, the same seed draws the same and another others."""
    monkeypatch.setattr("crembo_cli.students.boosted.grow.ROUND_ROWS", 50)
    one, two = (grow(ROWS, TARGETS, count=3, max_depth=2, rate=0.5, seed=seed)[1] for seed in seeds)
    assert np.array_equal(one, two) == (seeds[0] == seeds[1])
