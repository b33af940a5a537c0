"""Beliefs and depth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crembo_cli.core.beliefs import (
    allowed_labels,
    depth_by_row,
    empirical_depth,
    insensitive_depth,
    mean_belief,
)

P = np.array([[0.7, 0.2, 0.1], [0.3, 0.3, 0.4], [0.0, 1.0, 0.0], [0.5, 0.25, 0.25]], np.float32)
LABELS = np.array([0, 1, 1, 2])

beliefs = st.integers(0, 2**32 - 1).map(
    lambda seed: (
        np.random.default_rng(seed)
        .dirichlet(np.ones(2 + seed % 5), 1 + seed % 40)
        .astype(np.float32)
    )
)


def test_depth_by_row_is_the_probability_of_the_predicted_class() -> None:
    """The depth at a row is the teacher's belief in the student's label there."""
    assert depth_by_row(P, LABELS).tolist() == pytest.approx([0.7, 0.3, 1.0, 0.25])


def test_depths_of_a_small_table() -> None:
    """Empirical depth is the least belief, mean belief the mean, of four rows worked by hand."""
    depths = depth_by_row(P, LABELS)
    assert empirical_depth(depths) == pytest.approx(0.25)
    assert mean_belief(depths) == pytest.approx((0.7 + 0.3 + 1.0 + 0.25) / 4)
    assert insensitive_depth(depths, 0.25) == pytest.approx(0.3)
    assert insensitive_depth(depths, 0.49) == pytest.approx(0.3)
    assert insensitive_depth(depths, 0.5) == pytest.approx(0.7)


@given(beliefs, st.floats(0, 0.99))
def test_insensitive_depth_is_the_largest_that_its_words_allow(P: np.ndarray, delta: float) -> None:
    """At most delta * n rows lie below it, and more than that below any larger value."""
    labels = np.arange(len(P)) % P.shape[1]
    depths = depth_by_row(P, labels)
    depth = insensitive_depth(depths, delta)
    assert np.sum(depths < depth) <= delta * len(depths) + 1e-6
    deeper = np.nextafter(np.float32(depth), np.float32(2))
    assert np.sum(depths < deeper) > delta * len(depths) - 1e-6


@given(beliefs)
def test_vectorised_depth_equals_the_naive_loop(P: np.ndarray) -> None:
    """Depth by row, its minimum and its mean are those of a loop over the rows."""
    labels = (np.arange(len(P)) * 7) % P.shape[1]
    naive = [float(P[i, label]) for i, label in enumerate(labels)]
    depths = depth_by_row(P, labels)
    assert depths.tolist() == naive
    assert empirical_depth(depths) == min(naive)
    assert mean_belief(depths) == pytest.approx(sum(naive) / len(naive))


@given(beliefs)
def test_row_order_does_not_matter(P: np.ndarray) -> None:
    """Depths of the rows in another order are the same depths."""
    labels = np.argmin(P, axis=1)
    order = np.random.default_rng(0).permutation(len(P))
    here = depth_by_row(P, labels)
    there = depth_by_row(P[order], labels[order])
    for delta in (0.0, 0.05, 0.5):
        assert insensitive_depth(here, delta) == insensitive_depth(there, delta)


@given(beliefs, st.floats(0, 1), st.floats(0, 1))
def test_allowed_masks_nest(P: np.ndarray, one: float, other: float) -> None:
    """What is allowed at a threshold is allowed at every lower one."""
    low, high = sorted((one, other))
    assert (allowed_labels(P, high) <= allowed_labels(P, low)).all()


@given(beliefs)
def test_a_belief_is_allowed_at_its_own_value(P: np.ndarray) -> None:
    """Each label is allowed at the threshold that equals its belief, not just above it."""
    for i, y in np.ndindex(P.shape):
        at = float(P[i, y])
        above = float(np.nextafter(P[i, y], np.float32(2)))
        assert allowed_labels(P, at)[i, y] == 1
        assert allowed_labels(P, above)[i, y] == 0


@given(beliefs)
def test_the_mean_of_the_allowed_labels_is_the_belief(P: np.ndarray) -> None:
    """Averaged over evenly spaced thresholds, the allowed labels come to P itself."""
    grid = (np.arange(2000) + 0.5) / 2000
    mean = np.mean([allowed_labels(P, float(d)) for d in grid], axis=0)
    assert np.abs(mean - P).max() <= 1 / 2000


@pytest.mark.parametrize("delta", [-0.1, 1.0, float("nan")])
def test_delta_out_of_range_is_refused(delta: float) -> None:
    """A delta outside [0, 1) has no meaning."""
    with pytest.raises(ValueError, match="delta"):
        insensitive_depth(np.array([0.5]), delta)


def test_no_rows_have_no_depth() -> None:
    """The depth over no rows is refused, not guessed."""
    with pytest.raises(ValueError, match="no rows"):
        empirical_depth(np.array([]))
