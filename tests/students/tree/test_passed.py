"""What passes each node."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crembo_cli.arrays import LEAF
from crembo_cli.students.tree.grow import node_stats
from tests.students.tree import naive
from tests.students.tree.tables import Table, students, table, tables


@settings(deadline=None)
@given(tables, st.integers(1, 5))
def test_what_passes_a_node_is_what_a_walk_counts(drawn: Table, depth: int) -> None:
    """Rows, those that lack what is asked there, and summed beliefs, node by node."""
    tree = students(drawn, depth)[1][1]
    found = node_stats(tree, drawn.rows, drawn.beliefs)
    for v, here in naive.at_nodes(tree, drawn.rows).items():
        assert found.rows[v] == len(here)
        absent = np.isnan(drawn.rows[here, tree.feature[v]]).sum()
        assert found.absent[v] == (0 if tree.feature[v] == LEAF else absent)
        assert found.beliefs[v] == pytest.approx(drawn.beliefs[here].sum(axis=0), abs=1e-5)


def test_figures_of_some_nodes_are_those_of_these() -> None:
    """`at` picks nodes, in the order given."""
    drawn = table(5)
    tree = students(drawn, 3)[1][1]
    found = node_stats(tree, drawn.rows, drawn.beliefs)
    nodes = np.array([len(tree.feature) - 1, 0])
    assert found.at(nodes).rows.tolist() == [found.rows[-1], found.rows[0]]
    assert np.array_equal(found.at(nodes).beliefs, found.beliefs[nodes])
    assert found.at(nodes).absent.tolist() == found.absent[nodes].tolist()
