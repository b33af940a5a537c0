"""Conditions of programs, for code that computes in float64."""

from __future__ import annotations

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from crembo_cli.arrays import EVERYTHING, NOTHING
from crembo_cli.students.program import Condition, condition_of, last_float64

CATEGORIES = ((), ("a", "b", "c"))


@given(st.floats(width=32, allow_nan=False, min_value=-(2.0**126), max_value=2.0**126))
@example(0.0)
@example(1e-45)
@example(16777216.0)
def test_the_last_float64_that_goes_left(threshold: float) -> None:
    """It rounds to the threshold or below, and the next float64 rounds above it."""
    bound = last_float64(np.float32(threshold))
    assert np.float32(bound) <= np.float32(threshold)
    assert np.float32(np.nextafter(bound, np.inf)) > np.float32(threshold)


def test_conditions_written_out() -> None:
    """Numbers by their bound, text by the side that can be listed, sums, and the two ends."""
    half = np.float32(0.5)
    assert condition_of(0, half, True, CATEGORIES) == Condition(
        value=0, missing=True, up_to=last_float64(half)
    )
    # Codes up to 0.5, and what was not seen (-1), pass; the others are listed.
    assert condition_of(1, half, False, CATEGORIES) == Condition(
        value=1, missing=False, texts=("b", "c"), inverted=True
    )
    # Below every code: nothing passes, what was not seen neither.
    assert condition_of(1, np.float32(-2), True, CATEGORIES) == Condition(
        value=1, missing=True, texts=()
    )
    assert condition_of(2, half, False, CATEGORIES).up_to == last_float64(half)
    for threshold, known in ((EVERYTHING, True), (NOTHING, False)):
        found = condition_of(1, threshold, False, CATEGORIES)
        assert found == Condition(value=1, missing=False, known=known)
        assert found.negate() == Condition(value=1, missing=True, known=not known)
