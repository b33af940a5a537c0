"""The tree's arrays and what it answers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from crembo_cli.arrays import LEAF
from crembo_cli.students.tree.descent import leaves_of
from crembo_cli.students.tree.grow import grow
from crembo_cli.students.tree.model import Tree, compact
from tests.students.tree import naive
from tests.students.tree.tables import Table, tables


def grown(drawn: Table, depth: int) -> Tree:
    """A tree of the table's beliefs."""
    c = drawn.beliefs.shape[1]
    return grow(drawn.bins, drawn.rewards, depth, 1).to_tree(drawn.bins, c)


@settings(deadline=None)
@given(tables, st.integers(1, 6))
def test_leaves_equal_a_walk_row_by_row(drawn: Table, depth: int) -> None:
    """Each row comes to the leaf that the naive walk finds, and gets its label."""
    tree = grown(drawn, depth)
    walked = [naive.leaf_below(tree, 0, row) for row in drawn.rows]
    assert tree.leaves_of(drawn.rows).tolist() == walked
    assert tree.predict(drawn.rows).tolist() == tree.label[walked].tolist()
    assert np.array_equal(tree.predict_proba(drawn.rows), tree.probabilities[walked])
    sliced = np.asfortranarray(drawn.rows)
    assert tree.leaves_of(sliced).tolist() == walked
    assert leaves_of(tree, drawn.rows, few=0).tolist() == walked
    assert leaves_of(tree, drawn.rows, few=len(walked)).tolist() == walked


@settings(deadline=None)
@given(tables, st.integers(1, 6))
def test_sizes_and_depths_are_those_of_a_walk(drawn: Table, depth: int) -> None:
    """Levels lie one after the other; sizes count what a walk from the root meets."""
    tree = grown(drawn, depth)
    depths = {0: 0}
    for v in range(len(tree.feature)):
        if tree.feature[v] != LEAF:
            depths[int(tree.left[v])] = depths[int(tree.right[v])] = depths[v] + 1
    assert tree.node_depths().tolist() == [depths[v] for v in sorted(depths)]
    splits = sum(tree.feature[v] != LEAF for v in depths)
    assert tree.size() == {
        "tree_depth": max(depths.values()),
        "leaves": splits + 1,
        "nodes": 2 * splits + 1,
        "parameters": 2 * splits + splits + 1,
    }
    for begin, end in tree.levels():
        assert len({depths[v] for v in range(begin, end)}) == 1


def test_compact_leaves_out_what_is_not_reached() -> None:
    """A node gives way to another, the rest is numbered anew, breadth first."""
    tree = Tree(
        feature=np.array([0, 1, 2, -1, -1, -1, -1], np.int32),
        threshold=np.array([0.5, 1.5, 2.5, 0, 0, 0, 0], np.float32),
        missing_left=np.array([False, True, True, False, False, False, False]),
        left=np.array([1, 3, 5, 3, 4, 5, 6], np.int32),
        right=np.array([2, 4, 6, 3, 4, 5, 6], np.int32),
        label=np.array([0, 0, 0, 0, 1, 2, 3]),
        probabilities=np.eye(4, dtype=np.float32)[[0, 0, 0, 0, 1, 2, 3]],
    )
    keep = np.array([0, 4, 2, 3, 4, 5, 6], np.int32)  # leaf 4 stands in for split 1
    small, old = compact(tree, keep)
    assert old.tolist() == [0, 4, 2, 5, 6]
    assert small.feature.tolist() == [0, -1, 2, -1, -1]
    assert small.left.tolist() == [1, 1, 3, 3, 4]
    assert small.right.tolist() == [2, 1, 4, 3, 4]
    assert small.label.tolist() == [0, 1, 0, 2, 3]
    assert small.missing_left.tolist() == [False, False, True, False, False]
    root, old = compact(replace(tree, feature=np.full(7, LEAF, np.int32)), np.arange(7))
    assert old.tolist() == [0]
    assert root.size()["tree_depth"] == 0
