"""Trees add up exactly, and their sizes and texts are those of the model."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from crembo_cli.students.boosted.model import exact_values
from crembo_cli.students.boosted.trees import Trees, join
from crembo_cli.students.contract import Feature
from crembo_cli.students.tree.bins import bin_rows
from crembo_cli.students.tree.cart import grow_cart


def some_trees() -> Trees:
    """Three trees of one split on the first column."""
    rows = np.arange(8, dtype=np.float32)[:, None]
    bins = bin_rows(rows, 1)
    return join([grow_cart(bins, (rows > at).astype(np.float32), max_depth=1) for at in (1, 3, 5)])


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


def test_the_text_names_the_features_used_most() -> None:
    """The text counts the trees and leaves and names the features by their share of splits."""
    student = exact_values(some_trees(), np.ones((6, 2)), np.zeros(2))
    assert student.describe((Feature(name="age"), Feature(name="idle")), ("no", "yes")) == (
        "3 trees of 6 leaves in all, each leaf with a score for each of 2 classes.\n"
        "Features by their share of the splits: age 100%."
    )
