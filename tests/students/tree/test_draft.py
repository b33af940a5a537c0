"""A tree under construction."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from crembo_cli.students.tree.grow import best_labels, from_tree, grow, summed_by_node
from tests.students.tree.tables import Table, tables


@settings(deadline=None)
@given(tables, st.integers(1, 6))
def test_codes_and_values_lead_to_the_same_leaves(drawn: Table, depth: int) -> None:
    """A draft's rows fall, by their codes, where the tree made of it sends them, by value."""
    draft = grow(drawn.bins, drawn.rewards, depth, 1)
    tree = draft.to_tree(drawn.bins, drawn.rewards.shape[1])
    leaf = draft.leaves(drawn.bins, 1)
    assert np.array_equal(leaf, tree.leaves_of(drawn.rows))
    assert draft.levels() == tree.levels()
    node = np.zeros(len(leaf), np.int32)
    for _ in draft.levels():
        draft.descend(drawn.bins, node, 1, 1)
    assert np.array_equal(node, leaf)
    parents = draft.parents()
    for v in draft.splits():
        assert parents[draft.left[v]] == parents[draft.left[v] + 1] == v


@settings(deadline=None)
@given(tables, st.integers(1, 6))
def test_a_draft_of_a_tree_is_that_tree(drawn: Table, depth: int) -> None:
    """Codes to thresholds and back: nothing moves, and what is written to one leaves the other."""
    bins, c = drawn.bins, drawn.rewards.shape[1]
    draft = grow(bins, drawn.rewards, depth, 1)
    tree = draft.to_tree(bins, c)
    again = from_tree(tree, bins)
    for name in ("feature", "left", "label"):
        assert np.array_equal(getattr(again, name), getattr(draft, name)), name
    splits = draft.splits()
    assert np.array_equal(again.cut[splits], draft.cut[splits])
    assert np.array_equal(again.missing_left[splits], draft.missing_left[splits])
    for name, values in vars(again).items():
        assert not np.shares_memory(values, getattr(tree, name, np.empty(0))), name
        assert not np.shares_memory(getattr(draft, name), getattr(tree, name, np.empty(0))), name


@given(st.integers(0, 2**16))
def test_sums_and_labels_equal_the_naive_loop(seed: int) -> None:
    """Rewards summed node by node; the largest sum's class, the own one where it is as large."""
    rng = np.random.default_rng(seed)
    node = rng.integers(0, 4, 30).astype(np.int32)
    values = rng.integers(0, 3, (30, 3)).astype(np.float32)
    sums = summed_by_node(node, values, 5)
    for v in range(5):
        assert sums[v].tolist() == [sum(values[node == v, y]) for y in range(3)]
    own = rng.integers(0, 3, 5)
    for v, label in enumerate(best_labels(sums, own)):
        assert label == (own[v] if sums[v, own[v]] == sums[v].max() else sums[v].argmax())
