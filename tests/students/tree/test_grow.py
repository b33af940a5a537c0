"""Growth on entropy."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from crembo_cli.arrays import LEAF
from crembo_cli.students.tree.bins import bin_rows
from crembo_cli.students.tree.grow import exact_rewards, grow
from tests.students.tree import naive
from tests.students.tree.tables import Table, tables


@settings(deadline=None)
@given(tables, st.integers(1, 5))
def test_growth_equals_its_criterion_done_naively(table: Table, max_depth: int) -> None:
    """Each split has the least entropy of all there are; a node without one cannot be split."""
    rows, rewards = table.rows, table.rewards
    tree = grow(table.bins, rewards, max_depth, 1).to_tree(table.bins, rewards.shape[1])
    depths = tree.node_depths()
    for v, passing in naive.at_nodes(tree, rows).items():
        here = [i for i in passing if rewards[i].sum() > 0]
        splits = [
            naive.entropy(rewards, left)
            + naive.entropy(rewards, [i for i in here if i not in left])
            for left in naive.sides(rows, here)
            if 0 < len(left) < len(here)
        ]
        mixed = (rewards[here].sum(axis=0) > 0).sum() > 1
        if tree.feature[v] == LEAF:
            assert not splits or not mixed or depths[v] == max_depth
            sums = [sum(float(rewards[i, y]) for i in here) for y in range(rewards.shape[1])]
            assert sums[tree.label[v]] == max(sums)
        else:
            assert mixed
            assert depths[v] < max_depth
            left = [i for i in here if naive.goes_left(tree, v, rows[i])]
            right = [i for i in here if i not in left]
            assert left
            assert right
            # Shares are rounded to 2^-23.
            made = naive.entropy(rewards, left) + naive.entropy(rewards, right)
            assert made <= min(splits) + 1e-5 * len(here)


def test_an_exclusive_or_is_learned_though_no_first_split_gains() -> None:
    """A split that gains nothing is made where the node is mixed: its children gain."""
    rows = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
    rewards = np.eye(2, dtype=np.float32)[[0, 1, 1, 0]]
    bins = bin_rows(rows, 1)
    tree = grow(bins, rewards, 2, 1).to_tree(bins, 2)
    assert tree.predict(rows).tolist() == [0, 1, 1, 0]


def test_of_equal_splits_the_first_feature_and_the_lowest_cut_is_made() -> None:
    """Columns and cuts that part the rows alike are tried in order, and the first is kept."""
    column = np.array([[1], [2], [3], [4]], np.float32)
    rows = np.hstack([np.zeros((4, 1), np.float32), column, -column])
    bins = bin_rows(rows, 1)
    draft = grow(bins, np.eye(2, dtype=np.float32)[[0, 1, 0, 1]], 1, 1)
    assert draft.feature.tolist() == [1, LEAF, LEAF]
    assert draft.cut[0] == 0


def test_a_row_without_rewards_does_not_vote() -> None:
    """Where nothing is allowed no split is made: such rows get the label of their neighbours."""
    rows = np.arange(6, dtype=np.float32)[:, None]
    rewards = np.zeros((6, 3), np.float32)
    rewards[:2, 2], rewards[2, 1] = 1, 1
    bins = bin_rows(rows, 1)
    tree = grow(bins, rewards, 4, 1).to_tree(bins, 3)
    assert tree.predict(rows).tolist() == [2, 2, 1, 1, 1, 1]
    nothing = grow(bins, np.zeros((6, 3), np.float32), 4, 1)
    assert nothing.feature.tolist() == [LEAF]


def test_row_order_does_not_matter() -> None:
    """The rows in another order grow the same tree, to the last bit."""
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(400, 3)).astype(np.float32).round(1)
    rewards = exact_rewards(rng.dirichlet(np.ones(4), 400))
    order = rng.permutation(400)
    one = grow(bin_rows(rows, 1), rewards, 6, 1)
    other = grow(bin_rows(rows[order], 1), rewards[order], 6, 1)
    for name, values in vars(one).items():
        assert np.array_equal(values, getattr(other, name)), name
