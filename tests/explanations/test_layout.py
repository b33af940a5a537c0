"""Places of the nodes of a drawn tree."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from crembo_cli.explanations.drawing import STYLES, lay_out
from crembo_cli.explanations.tree_view import view_tree
from crembo_cli.student_file.metadata import ReadableStudent
from crembo_cli.students.contract import Feature
from tests.core.small_trees import random_tree


@given(st.integers(0, 2**32), st.integers(0, 7), st.sampled_from([style for _, style in STYLES]))
@settings(deadline=None)
def test_boxes_never_overlap(seed: int, max_levels: int, style: object) -> None:
    """Nodes of one level stand apart, children stand right of their parent and around it.

    The leaves of one level are as wide as each other, so that their bars begin below each other.
    """
    assert isinstance(style, type(STYLES[0][1]))
    tree = random_tree(np.random.default_rng(seed), features=3, depth=6, classes=2)
    explained = ReadableStudent(
        name="s",
        student=tree,
        features=tuple(Feature(name="x" * 12 * k) for k in (1, 2, 3)),
        classes=("no", "a longer name"),
        missing_texts=(),
    )
    view = view_tree(explained, tree, letters=style.letters, max_levels=max_levels)
    places = lay_out(view, style)
    assert max(each.level for each in view.nodes.values()) <= max_levels
    for level in {each.level for each in view.nodes.values()}:
        here = [places[v] for v, each in view.nodes.items() if each.level == level]
        here.sort(key=lambda place: place.y)
        for above, below in pairwise(here):
            assert above.y + above.height / 2 < below.y - below.height / 2
        leaves = [v for v, each in view.nodes.items() if each.level == level and not each.children]
        assert len({places[v].width for v in leaves}) <= 1
    assert min(each.y - each.height / 2 for each in places.values()) >= 0
    for v, each in view.nodes.items():
        for child in each.children:
            assert places[child].x >= places[v].x + places[v].width + style.gap - 1e-9
        if each.children:
            left, right = each.children
            assert places[left].y < places[v].y < places[right].y
