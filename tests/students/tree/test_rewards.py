"""Rewards whose sums are exact."""

from __future__ import annotations

from math import fsum

import numpy as np

from crembo_cli.students.tree.grow import STEP, exact_rewards, summed_by_node


def test_sums_are_exact_in_any_order() -> None:
    """100,000 rewards, those of a tenth of them tiny, sum to the last bit as exact sums do."""
    rng = np.random.default_rng(0)
    given = rng.random((100_000, 2)).astype(np.float32)
    given[::10] *= 1e-5
    rewards = exact_rewards(given)
    sums = summed_by_node(np.zeros(len(rewards), np.int32), rewards, 1)[0]
    assert sums.tolist() == [fsum(rewards[:, 0].tolist()), fsum(rewards[:, 1].tolist())]
    back = summed_by_node(np.zeros(len(rewards), np.int32), rewards[::-1].copy(), 1)[0]
    assert np.array_equal(back, sums)
    assert np.abs(rewards - given).max() <= STEP / 2


def test_masks_and_the_given_array_stay_as_they_are() -> None:
    """0 and 1 are kept, other orders and types are taken, and the argument is not written to."""
    mask = np.asfortranarray(np.eye(3))
    mask.flags.writeable = False
    rewards = exact_rewards(mask)
    assert np.array_equal(rewards, np.eye(3))
    assert rewards.dtype == np.float32
    assert rewards.flags.c_contiguous
