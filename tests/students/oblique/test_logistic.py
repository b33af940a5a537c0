"""A slant points to where the sides part, along few features."""

from __future__ import annotations

import numpy as np
import pytest

from crembo_cli.students.oblique.logistic import Sides, slant

NO_FLAGS = np.zeros(0, np.int64)


def planted(weights: list[float], n: int = 400) -> Sides:
    """Rows that are left where the sum of their columns times `weights` is below 0."""
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(n, len(weights))).astype(np.float32)
    weight = rng.random(n).astype(np.float32)
    return Sides(
        matrix=matrix,
        left=matrix @ np.array(weights, np.float32) < 0,
        weight=weight / weight.sum(),
    )


def test_it_finds_the_direction() -> None:
    """The weights are those of the plane that parts the sides, up to their scale."""
    found = slant(planted([3, -4, 0]), 2, NO_FLAGS)
    np.testing.assert_allclose(found / np.linalg.norm(found), [0.6, -0.8, 0], atol=0.02)


@pytest.mark.parametrize("most", [1, 2, 3])
def test_the_weakest_features_go_first(most: int) -> None:
    """Of many features the strongest stay, no more of them than are wanted."""
    found = slant(planted([0.3, 0, -2, 0, 1, 0, 0, 0.1]), most, NO_FLAGS)
    assert set(np.flatnonzero(found)) == set([2, 4, 0][:most])


def test_a_flag_stays_with_its_feature() -> None:
    """A missing flag has a weight where its feature stays, and none where it goes."""
    sides = planted([2, 0.1, 0, 1, 1])
    found = slant(sides, 1, np.array([0, 1]))
    assert found[0] != 0
    assert found[3] != 0
    assert found[[1, 2, 4]].tolist() == [0, 0, 0]


def test_rows_that_matter_more_weigh_more() -> None:
    """Where rows contradict each other, those of more weight set the direction."""
    matrix = np.array([[-1], [1], [-1], [1]], np.float32)
    left = np.array([True, False, False, True])
    for weight, sign in (([0.4, 0.4, 0.1, 0.1], 1), ([0.1, 0.1, 0.4, 0.4], -1)):
        sides = Sides(matrix=matrix, left=left, weight=np.array(weight, np.float32))
        assert np.sign(slant(sides, 1, NO_FLAGS)) == [sign]
