"""Splits for code that computes in float64."""

from __future__ import annotations

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from crembo_cli.explanations.split import Split, last_left, split_at
from crembo_cli.students.contract import Feature
from crembo_cli.students.tree.bins import EVERYTHING, NOTHING
from tests.students.tree.test_rules import tree_of

FEATURES = (Feature(name="age"), Feature(name="colour", categories=("a", "b", "c")))


@given(st.floats(width=32, allow_nan=False, min_value=-(2.0**126), max_value=2.0**126))
@example(0.0)
@example(1e-45)
@example(16777216.0)
def test_the_last_float64_that_goes_left(threshold: float) -> None:
    """It rounds to the threshold or below, and the next float64 rounds above it."""
    bound = last_left(np.float32(threshold))
    assert np.float32(bound) <= np.float32(threshold)
    assert np.float32(np.nextafter(bound, np.inf)) > np.float32(threshold)


def test_splits_written_out() -> None:
    """Numbers by their bound, text by the side that can be listed, and the two ends."""
    tree = tree_of((0, 0.5, True), (1, 0.5, False), (1, -2.0, True))
    assert split_at(tree, 0, FEATURES) == Split(
        feature=0, missing_left=True, up_to=last_left(np.float32(0.5))
    )
    # Codes up to 0.5, and what was not seen (-1), go left; what is listed goes right.
    assert split_at(tree, 2, FEATURES) == Split(feature=1, missing_left=False, texts=("b", "c"))
    # Below every code: nothing is left of it, and what was not seen goes right too.
    assert split_at(tree, 4, FEATURES) == Split(
        feature=1, missing_left=True, texts=(), texts_left=True
    )
    for threshold, known in ((EVERYTHING, True), (NOTHING, False)):
        found = split_at(tree_of((1, float(threshold), False)), 0, FEATURES)
        assert found == Split(feature=1, missing_left=False, known=known)
