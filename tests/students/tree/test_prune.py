"""Pruning."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crembo_cli.arrays import LEAF
from crembo_cli.students.contract import Task
from crembo_cli.students.tree.family import finish_tree
from crembo_cli.students.tree.grow import node_stats
from crembo_cli.students.tree.model import Tree
from crembo_cli.students.tree.prune import prune_by_gain, prune_unreached
from crembo_cli.students.tree.worth import Worth
from tests.students.tree import naive
from tests.students.tree.tables import Table, students, tables


@settings(deadline=None)
@given(tables, st.integers(1, 6))
def test_pruning_unreached_sides_changes_no_prediction(drawn: Table, depth: int) -> None:
    """The rows are predicted as before, and every split that is left parts them."""
    learner, tree = students(drawn, depth)[1]
    rows = learner.task.rows
    small, stayed = prune_unreached(tree, node_stats(tree, rows, learner.task.beliefs).rows)
    assert np.array_equal(small.predict(rows), tree.predict(rows))
    assert np.array_equal(tree.threshold[stayed][small.splits()], small.threshold[small.splits()])
    passing = naive.at_nodes(small, rows)
    for v in small.splits():
        assert passing[int(small.left[v])]
        assert passing[int(small.right[v])]


@settings(deadline=None)
@given(tables, st.integers(1, 5), st.integers(0, 2**32 - 1), st.sampled_from([0.0, 0.1, 1.0]))
def test_a_subtree_that_stays_is_worth_its_leaves(
    drawn: Table, depth: int, seed: int, price: float
) -> None:
    """A subtree of k leaves that stays is worth `price` * (k - 1) more than one leaf."""
    _, tree = students(drawn, depth)[1]
    rng = np.random.default_rng(seed)
    as_leaf, kept = rng.random((2, len(tree.feature)))
    alone = rng.integers(0, 2, len(tree.feature))
    small, stayed = prune_by_gain(tree, alone, as_leaf, kept, price)

    def below(v: int) -> tuple[int, float]:
        """The number of leaves below node v, and what they are worth."""
        if small.feature[v] == LEAF:
            was_leaf = tree.feature[stayed[v]] == LEAF
            return 1, float(kept[stayed[v]] if was_leaf else as_leaf[stayed[v]])
        parts = below(int(small.left[v])), below(int(small.right[v]))
        return parts[0][0] + parts[1][0], parts[0][1] + parts[1][1]

    for v in range(len(small.feature)):
        leaves, worth = below(v)
        if leaves > 1:
            assert worth - as_leaf[stayed[v]] >= price * (leaves - 1) - 1e-9
        elif tree.feature[stayed[v]] != LEAF:
            assert small.label[v] == alone[stayed[v]]


def stump(labels: list[int]) -> Tree:
    """A split of one feature at 0 and two leaves."""
    return Tree(
        feature=np.array([0, -1, -1], np.int32),
        threshold=np.zeros(3, np.float32),
        missing_left=np.zeros(3, np.bool_),
        left=np.array([1, 1, 2], np.int32),
        right=np.array([2, 1, 2], np.int32),
        label=np.array([0, *labels]),
        probabilities=np.eye(2, dtype=np.float32)[[0, *labels]],
    )


def task(left: float, right: float, validation: bool = True) -> Task:
    """A thousand rows on each side of 0, of class 1 with the probabilities `left` and `right`."""
    rows = np.repeat([-1.0, 1.0], 1000).astype(np.float32)[:, None]
    second = np.repeat([left, right], 1000).astype(np.float32)
    beliefs = np.column_stack([1 - second, second])
    end = len(rows) if validation else 0
    return Task(
        rows=rows,
        beliefs=beliefs,
        validation_rows=rows[:end],
        validation_beliefs=beliefs[:end],
    )


@pytest.mark.parametrize(("alpha", "leaves"), [(0.2, 2), (0.3, 1)])
def test_a_split_for_labels_stays_where_it_gains_alpha(alpha: float, leaves: int) -> None:
    """A split that gains .25 of mean belief survives an alpha below that, and no alpha above."""
    worth = Worth(label=1.0, information=0.0, leaf=alpha)
    small = finish_tree(stump([0, 1]), task(0.0, 0.75), worth)
    assert small.size()["leaves"] == leaves


@pytest.mark.parametrize("validation", [True, False])
@pytest.mark.parametrize(("right", "leaves"), [(0.4, 2), (0.01, 1)])
def test_a_split_without_an_effect_on_labels_stays_where_it_informs(
    right: float, leaves: int, validation: bool
) -> None:
    """Probabilities of 0 and .4 keep their leaves; those of 0 and .01 do not; labels are equal."""
    worth = Worth.of("labels", 0.0005, 0.7 if right < 0.1 else 0.002)
    small = finish_tree(stump([0, 0]), task(0.0, right, validation), worth)
    assert small.size()["leaves"] == leaves
    assert small.predict(task(0.0, right).rows).max() == 0


def test_without_validation_rows_no_prediction_changes() -> None:
    """As MEMO needs it: leaves of different classes stay, whatever they are worth."""
    one = task(0.0, 0.1, validation=False)
    small = finish_tree(stump([0, 1]), one, Worth.of("labels", 1.0, 1.0))
    assert small.predict(one.rows).tolist() == [0] * 1000 + [1] * 1000
