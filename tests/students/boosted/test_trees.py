"""Joined trees send rows where scikit-learn's trees do."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.tree import DecisionTreeRegressor

from crembo_cli.students.boosted.trees import join


@pytest.mark.parametrize("missing", [False, True])
def test_leaves_are_scikit_learns(missing: bool) -> None:
    """Every row, with missing cells or one ulp beside a threshold, comes to the same leaf."""
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(300, 3)).astype(np.float32)
    if missing:
        rows[rng.random(rows.shape) < 0.2] = np.nan
    fitted = [
        DecisionTreeRegressor(max_depth=depth, random_state=0).fit(rows, rng.normal(size=(300, 2)))
        for depth in (1, 3, 4)
    ]
    trees = join([tree.tree_ for tree in fitted], np.isnan(rows).any(axis=0))
    splits = np.flatnonzero(~trees.is_leaf())
    at = np.tile(rows[:1], (len(splits), 1))
    at[np.arange(len(splits)), trees.feature[splits]] = trees.threshold[splits]
    rows = np.concatenate([rows, at, np.nextafter(at, np.float32(np.inf))])
    found = trees.leaves_of(rows)
    numbers = np.flatnonzero(trees.is_leaf())
    for t, tree in enumerate(fitted):
        np.testing.assert_array_equal(numbers[found[:, t]] - trees.root[t], tree.apply(rows))


def test_what_was_never_missing_goes_where_most_rows_go() -> None:
    """A missing cell of a feature that had none goes to the larger side of the split."""
    for cut in (2, 7):
        rows = np.arange(10, dtype=np.float32)[:, None]
        tree = DecisionTreeRegressor(max_depth=1).fit(rows, rows[:, 0] >= cut)
        trees = join([tree.tree_], np.array([False]))
        larger = trees.leaves_of(rows[5:6])
        np.testing.assert_array_equal(trees.leaves_of(np.array([[np.nan]], np.float32)), larger)


def test_depths_and_numbers_of_leaves() -> None:
    """Leaves are numbered through all trees, and depths counted in each from its root."""
    rows = np.arange(8, dtype=np.float32)[:, None]
    fitted = [
        DecisionTreeRegressor(max_depth=depth).fit(rows, rows[:, 0]).tree_ for depth in (1, 2)
    ]
    trees = join(fitted, np.array([False]))
    assert trees.root.tolist() == [0, 3]
    assert trees.depths().tolist() == [0, 1, 1, 0, 1, 2, 2, 1, 2, 2]
    assert trees.leaves_of(rows)[:, 1].tolist() == [2, 2, 3, 3, 4, 4, 5, 5]
