"""Scores to beliefs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from crembo_cli.errors import TeacherError
from crembo_cli.teachers.output_format import OutputFormat, Scores

SCORES = hnp.arrays(
    np.float32,
    st.tuples(st.integers(1, 6), st.integers(1, 5)),
    elements=st.floats(-60, 60, width=32),
)


def read(scores: Scores, how: str, columns: tuple[int, ...] | None = None) -> np.ndarray:
    """The beliefs of one output "s", whose first row is row 100 of the table."""
    output_format = OutputFormat(outputs=("s",), columns=columns, how=how, words="")
    return output_format.beliefs({"s": scores}, range(100, 100 + len(scores)))


@given(SCORES, st.sampled_from(["softmax", "sigmoid"]))
def test_beliefs_are_probabilities(scores: Scores, how: str) -> None:
    """Whatever the scores, beliefs are float32 in [0, 1] and a row sums to 1."""
    assume(how == "sigmoid" or scores.shape[1] > 1)  # a softmax of one column is never chosen
    beliefs = read(scores, how)
    assert beliefs.dtype == np.float32
    assert beliefs.shape == (len(scores), max(2, scores.shape[1]))
    assert beliefs.min() >= 0
    assert beliefs.max() <= 1
    np.testing.assert_allclose(beliefs.sum(axis=1), 1, atol=1e-6)


def test_softmax_and_sigmoid_by_hand() -> None:
    """Two rows, calculated with a pencil."""
    logs = np.log(np.array([[1.0, 2.0, 5.0], [3.0, 3.0, 2.0]]))
    np.testing.assert_allclose(
        read(logs, "softmax"), [[0.125, 0.25, 0.625], [0.375, 0.375, 0.25]], atol=1e-7
    )
    np.testing.assert_allclose(
        read(np.log(np.array([[3.0], [1.0]])), "sigmoid"), [[0.25, 0.75], [0.5, 0.5]], atol=1e-7
    )
    np.testing.assert_allclose(
        read(np.log(np.array([[3.0, 1.0]])), "sigmoid"), [[0.6, 0.4]], atol=1e-7
    )


def test_a_single_column_is_the_second_class() -> None:
    """One probability a row is that of the second class."""
    np.testing.assert_allclose(
        read(np.array([[0.25], [1.0]]), "probabilities"), [[0.75, 0.25], [0, 1]]
    )


def test_chosen_columns_are_taken_in_their_order() -> None:
    """Columns can be exchanged, or one taken alone."""
    scores = np.array([[0.2, 0.8]])
    np.testing.assert_allclose(read(scores, "probabilities", (1, 0)), [[0.8, 0.2]])
    np.testing.assert_allclose(read(scores, "probabilities", (1,)), [[0.2, 0.8]])


def test_a_forest_that_exceeds_one_is_clipped() -> None:
    """1.0000001 is a probability of a forest; the belief is 1."""
    beliefs = read(np.array([[1.0000001, 0.0], [-1e-7, 1.0]]), "probabilities")
    np.testing.assert_array_equal(beliefs, [[1, 0], [0, 1]])


def test_half_precision_may_sum_to_nearly_one() -> None:
    """float16 has three digits, so that its sums are allowed more than those of float32."""
    scores = np.array([[0.3325, 0.3325, 0.3325]])
    assert read(scores.astype(np.float16), "probabilities").shape == (1, 3)
    with pytest.raises(TeacherError, match=r"a sum of 0\.9975 in row 100"):
        read(scores, "probabilities")


@pytest.mark.parametrize(
    ("scores", "found"),
    [
        ([[0.5, 0.5], [0.7, 0.6]], r"a sum of 1\.3 in row 101"),
        ([[0.5, 0.5], [1.5, -0.5]], r"found 1\.5 in row 101"),
        ([[0.5], [-0.4]], r"found -0\.4 in row 101"),
        ([[0.5, 0.5], [np.inf, 0.0]], "found inf in row 101"),
    ],
)
def test_an_invalid_probability_is_refused_with_its_row(
    scores: list[list[float]], found: str
) -> None:
    """The message names the number, the table's row and the way out."""
    with pytest.raises(TeacherError, match=found) as caught:
        read(np.array(scores), "probabilities")
    assert "--activation softmax" in str(caught.value)
    assert "--hard-labels" in str(caught.value)


@pytest.mark.parametrize("how", ["probabilities", "shares", "softmax", "sigmoid"])
def test_nan_is_refused_with_its_row(how: str) -> None:
    """A belief that returns NaN never gets through, and its row is named."""
    with pytest.raises(TeacherError, match=r"returns NaN for row 101 \(and 1 other rows\)"):
        read(np.array([[0.5, 0.5], [np.nan, 0.5], [np.nan, np.nan]]), how)


def test_shares_are_divided_by_their_sum() -> None:
    """--activation none takes numbers from 0 to 1 that need not sum to 1."""
    np.testing.assert_allclose(
        read(np.array([[0.6, 0.6], [0.1, 0.3]]), "shares"), [[0.5, 0.5], [0.25, 0.75]]
    )
    with pytest.raises(TeacherError, match="a sum of 0 in row 100"):
        read(np.array([[0.0, 0.0]]), "shares")


def test_far_scores_keep_their_shares() -> None:
    """Scores whose sigmoids are all nearly 0 are still in proportion to each other."""
    far = -800 + np.log(np.array([[3.0, 1.0]]))
    np.testing.assert_allclose(read(far, "sigmoid"), [[0.75, 0.25]], atol=1e-6)
    np.testing.assert_allclose(read(far, "softmax"), [[0.75, 0.25]], atol=1e-6)
