"""The family `tree`, whole."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crembo_cli.arrays import LEAF
from crembo_cli.core.beliefs import depth_by_row, empirical_depth
from crembo_cli.core.memo import memo
from crembo_cli.students.contract import Task
from crembo_cli.students.tree.family import TreeFamily
from crembo_cli.students.tree.worth import SMOOTHING, label_first
from crembo_cli.testing import check_family
from tests.students.tree.tables import Table, students, table, tables


@pytest.mark.parametrize("max_depth", [1, 3, 16])
def test_it_keeps_the_contract(max_depth: int) -> None:
    """The contract's own test passes."""
    check_family(TreeFamily(max_depth=max_depth))


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 2**32 - 1), st.integers(2, 6))
def test_a_tree_that_memorises_reaches_the_deepest_depth_there_is(seed: int, c: int) -> None:
    """With rows all different and room for them, MEMO's tree is as deep as min_i max_y P."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 17))
    rows = rng.permutation(n).astype(np.float32)[:, None]
    P = rng.dirichlet(np.ones(c), n).astype(np.float32)
    task = Task(rows=rows, beliefs=P, validation_rows=rows[:0], validation_beliefs=P[:0])
    learner = TreeFamily(max_depth=16).learner(task)
    steps = memo(learner.fit, lambda tree: tree.predict(rows), P)
    depth = empirical_depth(depth_by_row(P, steps[-1].student.predict(rows)))
    assert depth == P.max(axis=1).min()


@settings(deadline=None, max_examples=50)
@given(tables, st.integers(1, 5), st.integers(0, 2**16))
def test_row_order_does_not_matter(drawn: Table, depth: int, seed: int) -> None:
    """The fitted rows in another order give the same finished tree, to the last bit."""
    task = drawn.task()
    n = len(task.rows)
    order = np.random.default_rng(seed).permutation(n)
    shuffled = replace(task, rows=task.rows[order], beliefs=task.beliefs[order])
    rewards = drawn.rewards[:n]
    one, other = (
        TreeFamily(max_depth=depth).learner(task),
        TreeFamily(max_depth=depth).learner(shuffled),
    )
    first = one.finish(one.fit(rewards, one.fit(task.beliefs)))
    second = other.finish(other.fit(rewards[order], other.fit(shuffled.beliefs)))
    for name, values in vars(first).items():
        assert np.array_equal(values, getattr(second, name)), name


def test_the_number_of_threads_does_not_matter() -> None:
    """One thread or three, on rows enough that threads are started: the same tree."""
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(40_000, 60)).astype(np.float32)
    rows[rng.random(len(rows)) < 0.1, 0] = np.nan
    beliefs = rng.dirichlet(np.ones(3), len(rows)).astype(np.float32)
    beliefs[rows[:, 1] > 0.3, 0] += 1
    beliefs /= beliefs.sum(axis=1, keepdims=True)
    trees = []
    for threads in (1, 3):
        task = Task(
            rows=rows,
            beliefs=beliefs,
            validation_rows=rows[:500],
            validation_beliefs=beliefs[:500],
            threads=threads,
        )
        learner = TreeFamily(max_depth=4).learner(task)
        trees.append(learner.finish(learner.fit(beliefs)))
    for name, values in vars(trees[0]).items():
        assert np.array_equal(values, getattr(trees[1], name)), name


@settings(deadline=None)
@given(tables, st.integers(1, 6))
def test_leaf_probabilities_are_smoothed_mean_beliefs(drawn: Table, depth: int) -> None:
    """Means of the leaf's rows and SMOOTHING rows of all rows' mean, unless the label must lead."""
    for learner, tree in students(drawn, depth)[2:]:
        leaf, beliefs = tree.leaves_of(learner.task.rows), learner.task.beliefs
        for v in np.flatnonzero(tree.is_leaf()):
            here = beliefs[leaf == v]
            prior = SMOOTHING * beliefs.mean(axis=0, dtype=float)
            mean = (here.sum(axis=0, dtype=float) + prior) / (len(here) + SMOOTHING)
            if mean[tree.label[v]] > 1.001 * np.delete(mean, tree.label[v]).max():
                assert tree.probabilities[v] == pytest.approx(mean, abs=1e-6)
            assert tree.probabilities[v].argmax() == tree.label[v]


@given(
    st.lists(st.floats(0, 1, width=32), min_size=2, max_size=6).filter(lambda row: sum(row) > 0),
    st.integers(0, 5),
    st.booleans(),
)
def test_the_label_always_leads(sums: list[float], label: int, costs: bool) -> None:
    """Whatever the mean beliefs and the costs, the label's utility is largest, the sum is 1."""
    label %= len(sums)
    utilities = None
    if costs:
        rng = np.random.default_rng(len(sums))
        utilities = rng.uniform(0, 0.9, (len(sums),) * 2)
        np.fill_diagonal(utilities, 1.0)
    means = np.array([sums]) / sum(sums)
    row = label_first(means, np.array([label]), utilities)[0]
    values = row if utilities is None else row.astype(float) @ utilities
    assert values.argmax() == label
    assert np.count_nonzero(values == values.max()) == 1
    assert row.sum() == pytest.approx(1, abs=1e-6)
    assert row.dtype == np.float32


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_a_handful_of_rows_is_fitted(rows: int) -> None:
    """One row makes one leaf; sixteen levels on three rows make no more than three."""
    values = np.arange(rows, dtype=np.float32)[:, None]
    beliefs = np.eye(3, dtype=np.float32)[np.arange(rows) % 3]
    task = Task(
        rows=values, beliefs=beliefs, validation_rows=values[:0], validation_beliefs=beliefs[:0]
    )
    learner = TreeFamily(max_depth=16).learner(task)
    tree = learner.finish(learner.fit(beliefs))
    assert tree.size()["leaves"] == rows
    assert tree.predict(values).tolist() == list(range(rows))


def test_read_only_arrays_are_fitted_and_left_alone() -> None:
    """Arrays that may not be written to, as pandas hands them out, will do."""
    drawn = table(7)
    task = drawn.task()
    for array in (task.rows, task.beliefs, task.validation_rows, task.validation_beliefs):
        array.flags.writeable = False
    learner = TreeFamily(max_depth=3).learner(task)
    tree = learner.finish(learner.fit(task.beliefs))
    assert len(tree.predict(task.rows)) == len(task.rows)


def test_students_of_other_families_are_refused() -> None:
    """A tree learner cannot finish what is no tree."""
    learner = TreeFamily().learner(table(1).task())
    with pytest.raises(TypeError, match="got str"):
        learner.finish("a student")


def test_a_start_of_another_kind_is_ignored() -> None:
    """A fit from a student that is not a tree grows anew."""
    learner = TreeFamily(max_depth=2).learner(table(1).task())
    rewards = learner.task.beliefs
    one, other = learner.fit(rewards), learner.fit(rewards, start="a student")
    assert one.feature.tolist() == other.feature.tolist()
    assert LEAF in one.feature
