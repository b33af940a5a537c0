"""Utilities of decisions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crembo_cli.core.utilities import (
    decisions,
    expected_utilities,
    utilities_from_costs,
    utilities_from_threshold,
    utilities_from_weights,
    weights_of,
)


def test_equal_costs_need_no_utilities() -> None:
    """Costs, weights and thresholds that change nothing are the identity, which is None."""
    assert utilities_from_costs(np.array([[0.0, 7.0], [7.0, 0.0]])) is None
    assert utilities_from_weights(np.array([2.0, 2.0, 2.0])) is None
    assert utilities_from_threshold(0.5, 1) is None


def test_costs_become_shares_of_the_largest() -> None:
    """A right decision is worth 1, the costliest one 0."""
    found = utilities_from_costs(np.array([[0.0, 1.0], [4.0, 0.0]]))
    assert found is not None
    assert found.tolist() == [[1.0, 0.75], [0.0, 1.0]]


def test_weights_are_the_costs_of_errors_in_a_class() -> None:
    """A right prediction is worth 1; two classes always have weights, three not always."""
    found = utilities_from_weights(np.array([1.0, 4.0]))
    assert found is not None
    assert found.tolist() == [[1.0, 0.75], [0.0, 1.0]]
    weights = weights_of(found)
    assert weights is not None
    assert weights.tolist() == [0.25, 1.0]
    assert weights_of(np.array([[1.0, 0.5, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])) is None


@given(st.floats(0.01, 0.99), st.integers(0, 1))
def test_a_threshold_decides_between_two_classes(threshold: float, positive: int) -> None:
    """The positive class is predicted above its threshold, the other one below."""
    found = utilities_from_threshold(threshold, positive)
    p = np.array([threshold - 0.005, threshold + 0.005])
    P = np.column_stack([1 - p, p] if positive else [p, 1 - p])
    assert decisions(P, found).tolist() == [1 - positive, positive]


@given(st.integers(0, 2**32 - 1))
def test_expected_utility_equals_a_naive_loop(seed: int) -> None:
    """For every row and every prediction, the sum over the true classes."""
    rng = np.random.default_rng(seed)
    n, c = rng.integers(1, 6), rng.integers(2, 5)
    P = rng.dirichlet(np.ones(c), n)
    utilities = rng.random((c, c))
    found = expected_utilities(P, utilities)
    for i in range(n):
        for y in range(c):
            wanted = sum(P[i, k] * utilities[k, y] for k in range(c))
            assert found[i, y] == pytest.approx(wanted, abs=1e-12)
    assert decisions(P, utilities).tolist() == found.argmax(axis=1).tolist()
    assert expected_utilities(P, None) is P
