"""The search for margins from above."""

from __future__ import annotations

import numpy as np

from crembo_cli.core.margin_search import margin_upper_bound
from tests.core.small_trees import random_rows, random_tree
from tests.core.test_margins import margins_of


def test_the_search_is_never_below_the_margin_and_often_near_it() -> None:
    """Against exact margins of trees: an upper bound on every row, within 1.5 times on half."""
    rng = np.random.default_rng(0)
    ratios = []
    for seed in range(5):
        tree = random_tree(np.random.default_rng(seed), features=3, depth=3, classes=3)
        rows = random_rows(rng, tree, 200, 3)
        units = np.array([0.5, 1.0, 0.0])
        exact = margins_of(tree, rows, units)
        found = margin_upper_bound(tree.predict, rows, units, np.random.default_rng(1))
        assert (found >= exact).all()
        finite = np.isfinite(exact) & (exact < 16)
        ratios.append(found[finite] / exact[finite])
    assert np.median(np.concatenate(ratios)) < 1.5


def test_the_returned_size_was_tried() -> None:
    """One feature, one threshold: the size found is a float32 step that crosses it."""
    rows = np.array([[0.0], [3.0]], np.float32)
    found = margin_upper_bound(
        lambda rows: (rows[:, 0] > 1).astype(np.int64), rows, np.ones(1), np.random.default_rng(0)
    )
    assert 1.0 < found[0] < 1.001
    assert 2.0 <= found[1] < 2.001


def test_rows_that_cannot_be_queried_are_not_counted() -> None:
    """Where only whole numbers are, the size is that of a whole step, not of a rounded one."""
    rows = np.array([[0.0], [1.0], [4.0]], np.float32)
    found = margin_upper_bound(
        lambda rows: (rows[:, 0] >= 3).astype(np.int64),
        rows,
        np.full(1, 2.0),
        np.random.default_rng(0),
        np.rint,
    )
    assert found.tolist() == [1.5, 1.0, 1.0]


def test_a_constant_has_no_margin() -> None:
    """Nothing is found where nothing is to be found, and missing values do no harm."""
    rows = np.array([[0.0, np.nan], [1.0, 2.0]], np.float32)
    found = margin_upper_bound(
        lambda rows: np.zeros(len(rows), np.int64), rows, np.ones(2), np.random.default_rng(0)
    )
    assert found.tolist() == [np.inf, np.inf]
