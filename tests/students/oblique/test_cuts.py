"""A cut is the best place between two values."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from crembo_cli.students.oblique.cuts import cut_by_gain, cut_by_labels

SUMS = st.lists(st.integers(-4, 4).map(float), min_size=2, max_size=12)


@given(sums=SUMS, data=st.data())
def test_no_cut_earns_more(sums: list[float], data: st.DataObject) -> None:
    """No place between two values earns more than the cut's, by gain or by the best labels."""
    n = len(sums)
    eighths = st.integers(0, 8).map(lambda k: k / 8)
    rewards = np.array(
        data.draw(st.lists(st.tuples(eighths, eighths, eighths), min_size=n, max_size=n)),
        np.float32,
    )
    at, gain = np.array(sums, np.float32), rewards[:, 0] - rewards[:, 1]
    places = [(low + high) / 2 for low, high in pairwise(sorted(set(sums)))]
    by_gain, by_labels = cut_by_gain(at, gain), cut_by_labels(at, rewards)
    if not places:
        assert by_gain is None
        assert by_labels is None
        return
    assert by_gain is not None
    assert by_labels is not None
    assert by_labels.labels is not None
    assert by_gain.total_reward == max(gain[at <= place].sum() for place in places)
    assert by_gain.total_reward == gain[at <= by_gain.threshold].sum()
    best = max(
        rewards[at <= place].sum(axis=0).max() + rewards[at > place].sum(axis=0).max()
        for place in places
    )
    left = at <= by_labels.threshold
    low, high = by_labels.labels
    assert by_labels.total_reward == best == rewards[left, low].sum() + rewards[~left, high].sum()


def test_the_nearest_neighbours_can_be_parted() -> None:
    """Between two neighbouring floats the threshold is the lower one, which stays left."""
    low = np.float32(1)
    high = np.nextafter(low, np.float32(2))
    cut = cut_by_gain(np.array([high, low]), np.array([-1, 1], np.float32))
    assert cut is not None
    assert cut.threshold == low
    assert cut.total_reward == 1
