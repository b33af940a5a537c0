"""The family `boosted` keeps the contract, and its trees add up exactly."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.tree import DecisionTreeRegressor

from crembo_cli.students.boosted.family import BoostedFamily
from crembo_cli.students.boosted.model import exact_values
from crembo_cli.students.boosted.trees import Trees, join
from crembo_cli.students.contract import Feature, Task
from crembo_cli.students.tree.family import TreeFamily
from crembo_cli.testing import check_family
from crembo_cli.testing.answers import model_bytes


def circle() -> Task:
    """Two classes, inside and outside of a circle; a third column says nothing."""
    rows = np.random.default_rng(0).normal(size=(800, 3)).astype(np.float32)
    outside = (rows[:, :2] ** 2).sum(axis=1) > 1.4
    beliefs = np.where(outside[:, None], [0.1, 0.9], [0.9, 0.1]).astype(np.float32)
    return Task(rows=rows, beliefs=beliefs, held_rows=rows[:0], held_beliefs=beliefs[:0])


def some_trees() -> Trees:
    """Three trees of one split on the first column."""
    rows = np.arange(8, dtype=np.float32)[:, None]
    fitted = [DecisionTreeRegressor(max_depth=1).fit(rows, rows[:, 0] > at) for at in (1, 3, 5)]
    return join([tree.tree_ for tree in fitted], np.array([False]))


def test_it_keeps_the_contract() -> None:
    """Boosted trees pass check_family."""
    check_family(BoostedFamily(trees=6))


def test_sums_of_shallow_trees_make_a_circle() -> None:
    """Trees that each split twice say together what no tree of three splits can."""
    task = circle()
    student = BoostedFamily(trees=30, max_depth=2).learner(task).fit(task.beliefs)
    tree = TreeFamily(max_depth=3).learner(task).fit(task.beliefs)
    right = task.beliefs.argmax(axis=1)
    assert (student.predict(task.rows) == right).mean() > 0.97
    assert (tree.predict(task.rows) == right).mean() < 0.95


def test_finished_probabilities_are_near_the_beliefs() -> None:
    """`finish` brings the probabilities near the beliefs and leaves the labels, up to rounding."""
    task = circle()
    learner = BoostedFamily(trees=30).learner(task)
    fitted = learner.fit(task.beliefs)
    sure = exact_values(fitted.trees, fitted.values * 50.0, fitted.begin * 50.0)
    student = learner.finish(sure)
    assert (student.predict(task.rows) == sure.predict(task.rows)).mean() > 0.99
    assert np.abs(sure.predict_proba(task.rows) - task.beliefs).mean() > 0.09
    assert np.abs(student.predict_proba(task.rows) - task.beliefs).mean() < 0.03


@given(
    values=st.lists(st.floats(-1e6, 1e6), min_size=12, max_size=12),
    begin=st.lists(st.floats(-100, 100), min_size=2, max_size=2),
    order=st.permutations(range(4)),
)
def test_sums_are_exact_in_any_order(
    values: list[float], begin: list[float], order: list[int]
) -> None:
    """Rounded values sum to the same float32 in whatever order, and are near those given."""
    trees = some_trees()
    exact = np.array(values).reshape(6, 2)
    student = exact_values(trees, exact, np.array(begin))
    rows = np.arange(8, dtype=np.float32)[:, None]
    parts = [student.begin, *(student.values[leaf] for leaf in trees.leaves_of(rows).T)]
    total = np.zeros((8, 2), np.float32)
    for k in order:
        total = total + parts[k]
    np.testing.assert_array_equal(total, student.scores(rows))
    bound = np.abs(exact).max() * 3 + np.abs(begin).max()
    assert np.abs(student.values - exact).max() <= max(bound * 2.0**-22, 1e-30)


def test_sizes_count_all_that_is_exported() -> None:
    """Sizes are those of all trees together, and the numbers of splits, leaves and beginning."""
    student = exact_values(some_trees(), np.ones((6, 2)), np.zeros(2))
    assert student.size() == {"tree_depth": 1, "leaves": 6, "nodes": 9, "parameters": 20}
    assert len(model_bytes(student, 1, 2)) < 2000


def test_the_text_names_what_is_asked_most() -> None:
    """The text counts the trees and leaves and names the features by their share of splits."""
    student = exact_values(some_trees(), np.ones((6, 2)), np.zeros(2))
    assert student.describe((Feature(name="age"), Feature(name="idle")), ("no", "yes")) == (
        "3 trees of 6 leaves in all, each leaf with a score for each of 2 classes.\n"
        "Features by their share of the splits: age 100%."
    )


def test_another_family_is_refused() -> None:
    """`fit` and `finish` refuse a student of another family."""
    task = circle()
    tree = TreeFamily(max_depth=1).learner(task).fit(task.beliefs)
    learner = BoostedFamily(trees=2).learner(task)
    with pytest.raises(TypeError, match="no use for a Tree"):
        learner.finish(tree)
    with pytest.raises(TypeError, match="no use for a Tree"):
        learner.fit(task.beliefs, start=tree)
