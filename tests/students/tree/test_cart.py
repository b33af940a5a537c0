"""CART: plain trees of least squared error, for baselines and boosting."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_breast_cancer, load_digits, load_wine
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from crembo_cli.arrays import LEAF
from crembo_cli.students.tree.bins import bin_rows
from crembo_cli.students.tree.cart import Cart, grow_cart
from tests.students.tree import naive
from tests.students.tree.tables import Table, tables


def error(targets: np.ndarray, some: list[int]) -> float:
    """The summed squared distance of `some` rows from their mean."""
    own = targets[some].astype(np.float64)
    return float(((own - own.mean(axis=0)) ** 2).sum())


def passing(tree: Cart, rows: np.ndarray) -> dict[int, list[int]]:
    """For each node the rows that pass it, in plain Python."""
    found: dict[int, list[int]] = {v: [] for v in range(len(tree.feature))}
    for i, row in enumerate(rows):
        v = 0
        found[v].append(i)
        while tree.feature[v] != LEAF:
            value = row[tree.feature[v]]
            left = tree.missing_left[v] if np.isnan(value) else value <= tree.threshold[v]
            v = int(tree.left[v]) if left else int(tree.right[v])
            found[v].append(i)
    return found


def depths(tree: Cart) -> list[int]:
    """The number of splits above each node."""
    found = [0] * len(tree.feature)
    for v in np.flatnonzero(tree.feature != LEAF):
        found[tree.left[v]] = found[tree.right[v]] = found[v] + 1
    return found


@settings(deadline=None)
@given(tables, st.integers(1, 4), st.integers(1, 3))
def test_growth_equals_its_criterion_done_naively(table: Table, max_depth: int, least: int) -> None:
    """Each split has the least error of all there are; a leaf above the limit has none."""
    rows, targets = table.rows, table.beliefs
    tree = grow_cart(table.bins, targets, max_depth=max_depth, least=least)
    at, own = depths(tree), passing(tree, rows)
    for v, here in own.items():
        splits = [
            error(targets, left) + error(targets, [i for i in here if i not in left])
            for left in naive.sides(rows, here)
            if least <= len(left) <= len(here) - least
        ]
        if tree.feature[v] == LEAF:
            assert not splits or at[v] == max_depth or error(targets, here) < 1e-6
            assert tree.means[v] == pytest.approx(targets[here].mean(axis=0), abs=1e-6)
        else:
            assert at[v] < max_depth
            sides = own[int(tree.left[v])], own[int(tree.right[v])]
            assert min(map(len, sides)) >= least
            assert sum(error(targets, side) for side in sides) <= min(splits) + 1e-5 * len(here)


@settings(deadline=None)
@given(tables, st.integers(2, 7))
def test_a_limit_of_leaves_splits_the_node_with_the_largest_gain(table: Table, leaves: int) -> None:
    """One leaf more is one split more, at the leaf whose error falls most."""
    rows, targets = table.rows, table.beliefs
    small, large = (
        grow_cart(table.bins, targets, max_depth=None, max_leaves=most)
        for most in (leaves - 1, leaves)
    )
    m = len(small.feature)
    assert len(large.feature) <= 2 * leaves - 1
    if len(large.feature) == m:
        return
    (v,) = np.flatnonzero(large.feature[:m] != small.feature)
    own = passing(large, rows)
    gain = error(targets, own[v]) - error(targets, own[m]) - error(targets, own[m + 1])
    for leaf in np.flatnonzero(small.feature == LEAF):
        here = own[leaf]
        possible = [
            error(targets, here)
            - error(targets, left)
            - error(targets, [i for i in here if i not in left])
            for left in naive.sides(rows, here)
            if 0 < len(left) < len(here)
        ]
        assert gain >= max(possible, default=0.0) - 1e-5 * len(here)


@pytest.mark.parametrize("load", [load_breast_cancer, load_wine, load_digits])
@pytest.mark.parametrize("limits", [(5, None), (None, 16), (8, 16)])
def test_the_trees_are_as_good_as_those_of_scikit_learn(
    load: object, limits: tuple[int | None, int | None]
) -> None:
    """As many leaves and the same squared error on their rows, for labels and probabilities.

    No feature has more than 255 values, so that only ties may be broken in other ways.
    """
    X, y = load(return_X_y=True)  # type: ignore[operator]
    rows, hot = X[:250].astype(np.float32), np.eye(10, dtype=np.float32)[y[:250]]
    depth, leaves = limits
    sizes = {"max_depth": depth, "max_leaf_nodes": leaves, "random_state": 0}
    soft = (0.7 * hot + 0.3 * hot[::-1]).astype(np.float32)
    bins = bin_rows(rows, 1)
    for targets, other in (
        (hot, DecisionTreeClassifier(**sizes).fit(rows, y[:250])),
        (soft, DecisionTreeRegressor(**sizes).fit(rows, soft)),
    ):
        tree = grow_cart(bins, targets, max_depth=depth, max_leaves=leaves)
        told = other.predict_proba(rows) if hasattr(other, "classes_") else other.predict(rows)
        expected = ((told - targets[:, : told.shape[1]]) ** 2).sum()
        assert len(tree.feature) == pytest.approx(other.tree_.node_count, rel=0.1)
        assert ((tree.predict(rows) - targets) ** 2).sum() == pytest.approx(expected, rel=0.03)


def test_what_was_never_missing_goes_where_most_rows_go() -> None:
    """A missing cell of a feature that had none goes to the larger side of the split."""
    rows = np.arange(10, dtype=np.float32)[:, None]
    for cut in (2, 7):
        tree = grow_cart(bin_rows(rows, 1), (rows >= cut).astype(np.float32), max_depth=1)
        assert tree.predict(np.array([[np.nan]], np.float32)) == tree.predict(rows[5:6])


def test_missing_values_are_told_apart_where_that_tells_most() -> None:
    """All known values may go left, and the missing ones right."""
    rows = np.array([[1], [np.nan], [2], [np.nan]], np.float32)
    targets = np.isnan(rows).astype(np.float32)
    tree = grow_cart(bin_rows(rows, 1), targets, max_depth=3)
    assert len(tree.feature) == 3
    assert tree.predict(rows).tolist() == targets.tolist()


def test_an_exclusive_or_is_learned_though_no_first_split_gains() -> None:
    """A split that gains nothing is made where targets differ: its children gain."""
    rows = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
    targets = np.array([[0], [1], [1], [0]], np.float32)
    tree = grow_cart(bin_rows(rows, 1), targets, max_depth=2)
    assert tree.predict(rows).tolist() == targets.tolist()


def test_equal_targets_are_one_leaf() -> None:
    """Nothing is split where nothing differs."""
    rows = np.arange(6, dtype=np.float32)[:, None]
    tree = grow_cart(bin_rows(rows, 1), np.full((6, 2), 0.1, np.float32), max_depth=None)
    assert tree.feature.tolist() == [LEAF]


def test_threads_do_not_change_the_tree() -> None:
    """Enough rows for two threads: the same tree, to the last bit."""
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(30_000, 40)).astype(np.float32)
    targets = (rows[:, :2] * rows[:, 2:4] > 0).astype(np.float32)
    bins = bin_rows(rows, 2)
    one, two = (grow_cart(bins, targets, max_depth=3, threads=threads) for threads in (1, 2))
    for each in ("feature", "threshold", "missing_left", "left", "means"):
        np.testing.assert_array_equal(getattr(one, each), getattr(two, each))
