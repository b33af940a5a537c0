"""Pruning."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crembo_cli.arrays import LEAF
from crembo_cli.students.tree.grow import node_stats
from crembo_cli.students.tree.model import Tree
from crembo_cli.students.tree.prune import prune_by_belief, prune_same
from tests.students.tree import naive
from tests.students.tree.tables import Table, students, tables


@settings(deadline=None)
@given(tables, st.integers(1, 6))
def test_pruning_what_says_the_same_changes_no_answer(drawn: Table, depth: int) -> None:
    """The rows are answered as before; every split left parts them, and two leaves differ."""
    learner, tree = students(drawn, depth)[1]
    rows = learner.task.rows
    small, stayed = prune_same(tree, node_stats(tree, rows, learner.task.beliefs).rows)
    assert np.array_equal(small.predict(rows), tree.predict(rows))
    assert np.array_equal(tree.threshold[stayed][small.splits()], small.threshold[small.splits()])
    passing = naive.at_nodes(small, rows)
    for v in small.splits():
        left, right = small.left[v], small.right[v]
        assert passing[int(left)]
        assert passing[int(right)]
        both_leaves = small.feature[left] == small.feature[right] == LEAF
        assert not both_leaves or small.label[left] != small.label[right]


@settings(deadline=None)
@given(tables, st.integers(1, 5), st.sampled_from([0.0, 0.01, 0.1, 1.0]))
def test_what_stays_earns_its_leaves_on_validation_rows(
    drawn: Table, depth: int, alpha: float
) -> None:
    """A subtree of k leaves that stays believes alpha * (k - 1) more than one leaf; others go."""
    learner, tree = students(drawn, depth)[1]
    fitted = node_stats(tree, learner.task.rows, learner.task.beliefs).beliefs
    validation = node_stats(tree, drawn.rows, drawn.beliefs).beliefs
    small, stayed = prune_by_belief(tree, fitted, validation, alpha)
    passing = naive.at_nodes(small, drawn.rows)
    n = len(drawn.rows)
    for v, here in passing.items():
        predicted = small.predict(drawn.rows[here]) if here else np.empty(0, int)
        total_reward = drawn.beliefs[here, predicted].sum(dtype=float)
        alone = drawn.beliefs[here, fitted[stayed[v]].argmax()].sum(dtype=float)
        leaves = count_leaves(small, v)
        if leaves > 1:
            assert total_reward - alone >= alpha * n * (leaves - 1) - 1e-4
        elif tree.feature[stayed[v]] != LEAF:
            assert small.label[v] == fitted[stayed[v]].argmax()


def count_leaves(tree: Tree, v: int) -> int:
    """How many leaves lie below node v."""
    if tree.feature[v] == LEAF:
        return 1
    return count_leaves(tree, int(tree.left[v])) + count_leaves(tree, int(tree.right[v]))


@pytest.mark.parametrize(("alpha", "leaves"), [(0.0, 2), (0.2, 2), (0.3, 1)])
def test_a_split_pays_for_itself_or_goes(alpha: float, leaves: int) -> None:
    """A split that is worth .25 of mean belief on held rows stays below that price."""
    tree = Tree(
        feature=np.array([0, -1, -1], np.int32),
        threshold=np.zeros(3, np.float32),
        missing_left=np.zeros(3, np.bool_),
        left=np.array([1, 1, 2], np.int32),
        right=np.array([2, 1, 2], np.int32),
        label=np.array([0, 0, 1]),
        probabilities=np.eye(2, dtype=np.float32)[[0, 0, 1]],
    )
    validation = np.array([[5, 3], [4, 0], [1, 3]], float)  # of eight rows: .875 parted, .625 alone
    small, _ = prune_by_belief(tree, validation, validation, alpha)
    assert small.size()["leaves"] == leaves
