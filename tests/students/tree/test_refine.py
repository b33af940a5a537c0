"""TAO."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from crembo_cli.students.tree.bins import bin_rows
from crembo_cli.students.tree.family import TreeFamily
from crembo_cli.students.tree.grow import exact_rewards, grow
from crembo_cli.students.tree.refine import refine
from tests.students.tree import naive
from tests.students.tree.tables import Table, tables

UNTIL_DONE = 100


@settings(deadline=None)
@given(tables, st.integers(1, 4))
def test_the_objective_never_falls_and_is_what_the_tree_earns(table: Table, depth: int) -> None:
    """Pass after pass, the sum of rewards rises or stays, and is that of a loop over the rows."""
    draft = grow(table.bins, table.rewards, depth, 1)
    grown = draft.to_tree(table.bins, table.rewards.shape[1])
    found = refine(draft, table.bins, table.rewards, UNTIL_DONE, 1)
    assert found == sorted(found)
    tree = draft.to_tree(table.bins, table.rewards.shape[1])
    assert found[0] == naive.objective(grown, table.rows, table.rewards)
    assert found[-1] == naive.objective(tree, table.rows, table.rewards)


@settings(deadline=None)
@given(tables, st.integers(1, 4), st.integers(0, 2**32 - 1))
def test_no_split_can_be_bettered_once_the_passes_end(table: Table, depth: int, seed: int) -> None:
    """At each node, no split of any feature earns more: brute force over all that there are."""
    rows, rewards, c = table.rows, table.rewards, table.rewards.shape[1]
    other = exact_rewards(np.random.default_rng(seed).permutation(rewards))
    draft = grow(table.bins, other, depth, 1)  # a start that has much to learn
    found = refine(draft, table.bins, rewards, UNTIL_DONE, 1)
    assert len(found) < UNTIL_DONE
    tree = draft.to_tree(table.bins, c)
    passing = naive.at_nodes(tree, rows)
    for v in draft.splits():
        here = passing[int(v)]
        total_reward = sum(
            float(rewards[i, tree.label[naive.leaf_below(tree, v, rows[i])]]) for i in here
        )
        assert total_reward == naive.best_change(draft, tree, rows, rewards, int(v), here)


def test_passes_mend_what_greed_got_wrong() -> None:
    """An exclusive or that growth misses, distracted by a third feature, is all but found."""
    rng = np.random.default_rng(3)
    rows = rng.uniform(-1, 1, (600, 3)).astype(np.float32)
    label = ((rows[:, 0] > 0) ^ (rows[:, 1] > 0)) | (rows[:, 2] > 0.8)
    rewards = np.eye(2, dtype=np.float32)[label.astype(int)]
    bins = bin_rows(rows, 1)
    found = refine(grow(bins, rewards, 3, 1), bins, rewards, 15, 1)
    assert found[0] < 400
    assert found[-1] > 590


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**32 - 1))
def test_starting_over_finds_nothing_more(seed: int) -> None:
    """Nodes that were passed over as not due had nothing to gain: all looked at again, none has."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(300, 4)).astype(np.float32)
    bins = bin_rows(rows, 1)
    rewards = exact_rewards(rng.dirichlet(np.full(3, 0.5), 300))
    draft = grow(bins, rng.permutation(rewards), 5, 1)
    end = refine(draft, bins, rewards, UNTIL_DONE, 1)[-1]
    assert refine(draft, bins, rewards, UNTIL_DONE, 1) == [end, end]


@settings(deadline=None)
@given(tables, st.integers(0, 2**32 - 1))
def test_a_fit_from_a_start_is_not_worse_than_the_start(table: Table, seed: int) -> None:
    """Whatever the rewards were before, and pruned or not, the start is bettered or kept."""
    learner = TreeFamily(max_depth=3).learner(table.task())
    n = len(learner.task.rows)
    rewards = table.rewards[:n]
    earlier = np.random.default_rng(seed).permutation(rewards)
    for start in (learner.fit(earlier), learner.finish(learner.fit(earlier))):
        found = learner.fit(rewards, start)
        old, new = (naive.objective(tree, learner.task.rows, rewards) for tree in (start, found))
        assert new >= old
