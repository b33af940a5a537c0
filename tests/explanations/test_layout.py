"""Places of the nodes of a drawn tree."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from crembo_cli.explanations.drawing import GAP, ROW, lay_out
from tests.core.small_trees import random_tree


@given(st.integers(0, 2**32))
@settings(deadline=None)
def test_boxes_never_overlap(seed: int) -> None:
    """Nodes of one level stand apart, children stand right of their parent and around it."""
    tree = random_tree(np.random.default_rng(seed), features=3, depth=6, classes=2)
    leaf = tree.is_leaf()
    texts = [["x" * (1 + v % 24)] * (1 if leaf[v] else 1 + v % 3) for v in range(len(leaf))]
    layout = lay_out(tree, texts)
    level = tree.node_depths()
    top, bottom = layout.y - layout.height / 2, layout.y + layout.height / 2
    for k in range(int(level.max()) + 1):
        order = np.argsort(layout.y[level == k])
        assert (np.diff(layout.y[level == k][order]) >= ROW * 0.99).all()
        assert (bottom[level == k][order][:-1] < top[level == k][order][1:]).all()
    assert top.min() >= 0
    assert bottom.max() <= layout.size[1]
    for v in np.flatnonzero(~tree.is_leaf()):
        for child in (tree.left[v], tree.right[v]):
            assert layout.x[child] >= layout.x[v] + layout.width[v] + GAP - 1e-9
        assert layout.y[tree.left[v]] < layout.y[v] < layout.y[tree.right[v]]
    leaves = tree.is_leaf()
    assert len(np.unique(layout.y[leaves])) == leaves.sum()
    assert (layout.x + layout.width).max() <= layout.size[0]
    assert layout.y.max() < layout.size[1]
