"""Exact margins, against brute force."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crembo_cli.arrays import Doubles
from crembo_cli.core.margins import linear_margins, tree_margins
from crembo_cli.students.contract import Floats
from crembo_cli.students.tree.model import Tree
from tests.core.small_trees import boxes_of, random_rows, random_tree

SEEDS = st.integers(0, 2**32)


def margins_of(tree: Tree, rows: Floats, units: Doubles) -> Doubles:
    """The margins of a tree on rows."""
    boxes = boxes_of(tree, rows.shape[1])
    return tree_margins(rows, tree.predict(rows), boxes, tree.label[boxes.node], units)


def brute_force(tree: Tree, row: Floats, units: Doubles) -> float:
    """The least change that changes the label, among all rows that can matter.

    A box is nearest at its ends, so every cell stays or goes to a threshold or just above one.
    """
    ends = [tree.threshold, np.nextafter(tree.threshold, np.float32(np.inf))]
    moves = [
        [cell] if np.isnan(cell) or unit == 0 else [cell, *np.concatenate(ends).tolist()]
        for cell, unit in zip(row, units, strict=True)
    ]
    others = np.array(list(product(*moves)), np.float32)
    changed = others[tree.predict(others) != tree.predict(row[None])[0]]
    gaps = np.abs(changed.astype(np.float64) - row)
    sizes = np.where(gaps > 0, gaps / np.where(units > 0, units, 1.0), 0.0)
    return float(np.nan_to_num(sizes, nan=0.0).max(axis=1).min(initial=np.inf))


@given(SEEDS)
@settings(max_examples=80, deadline=None)
def test_a_trees_margin_is_the_least_change_there_is(seed: int) -> None:
    """Boxes give what trying every row that can matter gives, to the last bit."""
    rng = np.random.default_rng(seed)
    tree = random_tree(rng, features=3, depth=3, classes=3)
    rows = random_rows(rng, tree, 6, 3)
    units = rng.choice([0.0, 0.5, 1.0, 3.7], 3)
    expected = [brute_force(tree, row, units) for row in rows]
    assert margins_of(tree, rows, units).tolist() == expected


@given(SEEDS)
@settings(deadline=None)
def test_nothing_changes_inside_the_margin(seed: int) -> None:
    """No float32 row nearer than the margin gets another label; also with missing values."""
    rng = np.random.default_rng(seed)
    tree = random_tree(rng, features=4, depth=5, classes=2)
    rows = random_rows(rng, tree, 30, 4)
    units = rng.choice([0.0, 0.3, 2.0], 4)
    margins = np.minimum(margins_of(tree, rows, units), 5.0)
    for _ in range(20):
        step = rng.uniform(-1, 1, rows.shape) * margins[:, None] * units
        near = (rows + step).astype(np.float32)
        gaps = np.abs(near.astype(np.float64) - rows)
        within = ~(gaps >= margins[:, None] * units) | (gaps == 0)
        near = np.where(within, near, rows)
        assert (tree.predict(near) == tree.predict(rows)).all()


def test_margin_at_a_float32_threshold() -> None:
    """From the threshold itself the other side is one float32 step away, from above none less."""
    t = np.float32(0.1)
    tree = Tree(
        feature=np.array([0, -1, -1], np.int32),
        threshold=np.array([t, 0, 0], np.float32),
        missing_left=np.array([True, False, False]),
        left=np.array([1, 1, 2], np.int32),
        right=np.array([2, 1, 2], np.int32),
        label=np.array([0, 0, 1]),
        probabilities=np.eye(3, 2, dtype=np.float32),
    )
    above = np.nextafter(t, np.float32(1))
    step = float(above) - float(t)
    rows = np.array([[t], [above], [np.nan], [t + np.float32(1)]], np.float32)
    far = float(rows[3, 0]) - float(t)
    assert margins_of(tree, rows, np.ones(1)).tolist() == [step, step, np.inf, far]


def test_a_feature_with_the_unit_0_stays_fixed() -> None:
    """A category is no number that may move: only the other feature changes the label."""
    rng = np.random.default_rng(0)
    tree = random_tree(rng, features=2, depth=4, classes=2)
    rows = random_rows(rng, tree, 50, 2)
    validation = margins_of(tree, rows, np.array([1.0, 0.0]))
    assert (validation >= margins_of(tree, rows, np.array([1.0, 1.0]))).all()
    assert margins_of(tree, rows, np.zeros(2)).tolist() == [np.inf] * 50


def test_a_constant_tree_has_no_margin_to_cross() -> None:
    """Every margin is infinite, with one leaf and with leaves that all say the same."""
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(9, 2)).astype(np.float32)
    for depth in (0, 3):
        tree = random_tree(rng, features=2, depth=depth, classes=1)
        assert margins_of(tree, rows, np.ones(2)).tolist() == [np.inf] * 9


def test_linear_margins_written_out() -> None:
    """Two features, three classes: the nearest of the other two classes decides."""
    weights = np.array([[1.0, 0.0, -1.0], [0.0, 0.0, 1.0]])
    scores = np.array([[2.0, 1.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 3.0]])
    cells, wide = np.array([[0, 0], [0, 0], [np.nan, 0]]), np.array([[-9, -9], [9, 9]], np.float32)
    # Row 0: 1 ahead of class 1 at 1 a unit; 2 ahead of class 2 at 2 + 1. Row 2: only feature 1
    # moves, and against either class it moves the lead by 1.
    found = linear_margins(scores, weights, np.array([1.0, 1.0]), cells, wide)
    assert found.tolist() == [2 / 3, 0.0, 3.0]
    assert linear_margins(scores[:1], weights, np.zeros(2), cells[:1], wide).tolist() == [np.inf]
    # Where feature 0 can go down by 1/2 only, class 1 is out of reach; class 2 is not.
    narrow = np.array([[-0.5, -9], [9, 9]], np.float32)
    assert linear_margins(scores[:1], weights, np.ones(2), cells[:1], narrow).tolist() == [1.0]


@given(SEEDS)
@settings(deadline=None)
def test_linear_margins_are_tight(seed: int) -> None:
    """A hair inside the margin no corner changes the label; a hair outside one does."""
    rng = np.random.default_rng(seed)
    weights, bias = rng.normal(size=(3, 4)), rng.normal(size=4)
    rows, units = rng.normal(size=(20, 3)), rng.uniform(0.1, 3, 3)
    absent = rng.random(rows.shape) < 0.2
    rows[absent] = 0.0
    limits = np.sort(rng.normal(size=(2, 3)) * 2, axis=0).astype(np.float32)

    def scores_of(rows: Doubles) -> Doubles:
        return np.clip(rows, *limits) @ weights + bias

    scores = scores_of(rows)
    cells = np.where(absent, np.nan, rows)
    margins = linear_margins(scores, weights, units, cells, limits)
    corners = np.array(list(product((-1.0, 1.0), repeat=3)))
    predicted = scores.argmax(axis=1)
    for i, margin in enumerate(margins):
        if margin == np.inf:
            moved = rows[i] + corners * np.where(absent[i], 0, 1e6)
            assert (scores_of(moved).argmax(axis=1) == predicted[i]).all()
            continue
        for size, changes in ((margin * (1 - 1e-9), False), (margin * (1 + 1e-9) + 1e-12, True)):
            moved = rows[i] + corners * np.where(absent[i], 0, units * size)
            assert (scores_of(moved).argmax(axis=1) != predicted[i]).any() == changes


@pytest.mark.parametrize("count", [0, 1, 20_000])
def test_any_number_of_rows(count: int) -> None:
    """Blocks make no difference: each row has the margin it has alone."""
    rng = np.random.default_rng(3)
    tree = random_tree(rng, features=2, depth=4, classes=2)
    rows = random_rows(rng, tree, count, 2)
    found = margins_of(tree, rows, np.ones(2))
    assert found.shape == (count,)
    for i in {0, count - 1} - {-1} if count else ():
        assert found[i] == margins_of(tree, rows[i : i + 1], np.ones(2))[0]
