"""Exact bounds on shares."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from crembo_cli.robustness.measure import share_at_least, share_at_most


@pytest.mark.parametrize(("hits", "rows"), [(0, 1), (0, 36), (3, 36), (36, 36), (120, 4000)])
def test_bounds_are_clopper_pearsons(hits: int, rows: int) -> None:
    """One side each, as scipy's exact interval has them."""
    high = binomtest(hits, rows, alternative="less").proportion_ci(0.95, "exact").high
    low = binomtest(hits, rows, alternative="greater").proportion_ci(0.95, "exact").low
    assert share_at_most(hits, rows, 0.95) == pytest.approx(high)
    assert share_at_least(hits, rows, 0.95) == pytest.approx(low, abs=1e-12)


def test_none_of_thirty_is_the_rule_of_three() -> None:
    """Written out: 1 - 0.05 ** (1 / 30)."""
    assert share_at_most(0, 30, 0.95) == pytest.approx(1 - 0.05 ** (1 / 30))


@pytest.mark.parametrize("share", [0.003, 0.07, 0.5, 0.97])
def test_bounds_hold_in_a_simulation_with_a_known_share(share: float) -> None:
    """Of many tables of rows, at most one in twenty has its bound on the wrong side."""
    rows, tables = 114, 20_000
    hits = np.random.default_rng(0).binomial(rows, share, tables)
    too_low = np.mean(share_at_most(hits, rows, 0.95) < share)
    lower = 1 - share_at_most(rows - hits, rows, 0.95)
    chance = 3 * np.sqrt(0.05 * 0.95 / tables)
    assert too_low <= 0.05 + chance
    assert np.mean(lower > share) <= 0.05 + chance
