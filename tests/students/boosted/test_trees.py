"""Joined trees send rows where each of them does."""

from __future__ import annotations

import numpy as np
import pytest

from crembo_cli.students.boosted.trees import join
from crembo_cli.students.tree.bins import bin_rows
from crembo_cli.students.tree.cart import grow_cart


@pytest.mark.parametrize("missing", [False, True])
def test_leaves_are_those_of_each_tree(missing: bool) -> None:
    """Every row, with missing cells or one ulp beside a threshold, comes to the same leaf."""
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(300, 3)).astype(np.float32)
    if missing:
        rows[rng.random(rows.shape) < 0.2] = np.nan
    fitted = [
        grow_cart(bin_rows(rows, 1), rng.normal(size=(300, 2)), max_depth=depth)
        for depth in (1, 3, 4)
    ]
    trees = join(fitted)
    splits = np.flatnonzero(~trees.is_leaf())
    at = np.tile(rows[:1], (len(splits), 1))
    at[np.arange(len(splits)), trees.feature[splits]] = trees.threshold[splits]
    rows = np.concatenate([rows, at, np.nextafter(at, np.float32(np.inf))])
    found = trees.leaves_of(rows)
    numbers = np.flatnonzero(trees.is_leaf())
    for t, tree in enumerate(fitted):
        np.testing.assert_array_equal(numbers[found[:, t]] - trees.root[t], tree.leaves_of(rows))


def test_depths_and_numbers_of_leaves() -> None:
    """Leaves are numbered through all trees, and depths counted in each from its root."""
    rows = np.arange(8, dtype=np.float32)[:, None]
    trees = join([grow_cart(bin_rows(rows, 1), rows, max_depth=depth) for depth in (1, 2)])
    assert trees.root.tolist() == [0, 3]
    assert trees.depths().tolist() == [0, 1, 1, 0, 1, 1, 2, 2, 2, 2]
    assert trees.leaves_of(rows)[:, 1].tolist() == [2, 2, 3, 3, 4, 4, 5, 5]
