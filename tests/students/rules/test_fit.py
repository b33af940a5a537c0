"""Rules are added while they gain, and chosen anew only for more."""

from __future__ import annotations

import numpy as np

from crembo_cli.students.rules.fit import RuleFit
from crembo_cli.students.tree.bins import bin_rows
from crembo_cli.students.tree.grow import exact_rewards

ROWS = np.random.default_rng(0).random((600, 2)).astype(np.float32)
BINS = bin_rows(ROWS, 1)
CLASS = np.where(ROWS[:, 0] < 0.3, 0, np.where(ROWS[:, 1] < 0.4, 1, 2))
REWARDS = exact_rewards(np.eye(3, dtype=np.float32)[CLASS] * np.float32(0.8) + np.float32(0.1))


def test_three_regions_take_two_rules() -> None:
    """Two rules and the default rule fit three regions; no rule is added for nothing."""
    fit = RuleFit(BINS, REWARDS, 2, 1)
    fit.grow(15)
    fit.refine(4)
    assert fit.objective() > 0.89 * len(ROWS)
    assert len(fit.rules) < 15


def test_the_objective_never_falls() -> None:
    """No rule that is added or chosen anew lowers what the list earns."""
    noisy = exact_rewards(np.random.default_rng(1).random((600, 3)).astype(np.float32))
    for rewards in (REWARDS, noisy, np.zeros_like(REWARDS)):
        fit = RuleFit(BINS, rewards, 2, 1)
        total_reward = [fit.objective()]
        for count in range(1, 8):
            fit.grow(count)
            total_reward.append(fit.objective())
            fit.refine(1)
            total_reward.append(fit.objective())
        assert total_reward == sorted(total_reward)
