"""The leaves of a tree as boxes."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from crembo_cli.core.margins import leaf_boxes
from tests.core.small_trees import boxes_of, random_rows, random_tree

INF = np.inf


def test_boxes_written_out() -> None:
    """Left ends at the threshold, right begins one float32 above it."""
    boxes = leaf_boxes(
        np.array([1, -1, -1], np.int32),
        np.array([0.5, 0, 0], np.float32),
        np.array([True, False, False]),
        np.array([1, 1, 2], np.int32),
        np.array([2, 1, 2], np.int32),
        2,
    )
    above = np.nextafter(np.float32(0.5), np.float32(1))
    assert boxes.node.tolist() == [1, 2]
    assert boxes.low.tolist() == [[-INF, -INF], [-INF, above]]
    assert boxes.high.tolist() == [[INF, 0.5], [INF, INF]]
    assert boxes.missing.tolist() == [[True, True], [True, False]]
    assert boxes.tested.tolist() == [[False, True], [False, True]]


@given(st.integers(0, 2**32))
@settings(deadline=None)
def test_a_row_lies_in_the_box_of_its_leaf_and_in_no_other(seed: int) -> None:
    """Boxes and the tree agree on every row, missing cells and thresholds included."""
    rng = np.random.default_rng(seed)
    tree = random_tree(rng, features=3, depth=4, classes=2)
    rows = random_rows(rng, tree, 40, 3)
    boxes = boxes_of(tree, 3)
    cells = rows[:, None, :]
    inside = np.where(np.isnan(cells), boxes.missing, (boxes.low <= cells) & (cells <= boxes.high))
    assert (inside.all(axis=2).sum(axis=1) == 1).all()
    assert (boxes.node[inside.all(axis=2).argmax(axis=1)] == tree.leaves_of(rows)).all()
