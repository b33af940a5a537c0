"""The matrix is standardised, and the search reaches the minimum that theory names."""

from __future__ import annotations

import numpy as np
import pytest

from crembo_cli.students.scored.columns import learn_columns
from crembo_cli.students.scored.design import Design, WeightSearch
from crembo_cli.students.scored.softmax import cross_entropy, softmax

RNG = np.random.default_rng(0)
ROWS = (RNG.normal(size=(400, 3)) * [1.0, 50.0, 0.01] + [0.0, 2000.0, 5.0]).astype(np.float32)


def design_of(rows: np.ndarray) -> Design:
    """The design of rows as they are."""
    return Design(learn_columns(rows), rows)


def test_columns_are_standardised() -> None:
    """Each column has mean 0 and deviation 1."""
    matrix = design_of(ROWS).matrix
    np.testing.assert_allclose(matrix.mean(axis=0), 0.0, atol=1e-4)
    np.testing.assert_allclose(matrix.std(axis=0), 1.0, rtol=1e-4)


def test_constant_and_empty_columns_are_zero() -> None:
    """A column that is constant, or missing everywhere, is 0 in the matrix, and so its flag."""
    rows = np.stack([np.full(5, 0.1), np.full(5, np.nan)], axis=1).astype(np.float32)
    np.testing.assert_array_equal(design_of(rows).matrix, np.zeros((5, 3)))


def test_huge_cells_do_not_overflow() -> None:
    """Cells at both ends of float32 give finite columns."""
    largest = np.finfo(np.float32).max
    rows = np.array([[largest], [-largest], [0.0]], np.float32)
    np.testing.assert_allclose(
        design_of(rows).matrix[:, 0], [1.2247449, -1.2247449, 0.0], rtol=1e-6
    )


def test_plain_weights_give_the_same_scores() -> None:
    """Weights on the columns and on the standardised columns give equal scores, there and back."""
    design = design_of(ROWS)
    weights, bias = RNG.normal(size=(3, 2)), RNG.normal(size=2)
    plain, shift = design.to_plain(weights, bias)
    columns = learn_columns(ROWS).of(ROWS)
    np.testing.assert_allclose(columns @ plain + shift, design.matrix @ weights + bias, atol=1e-4)
    again, same = design.from_plain(plain, shift)
    np.testing.assert_allclose(again, weights, rtol=1e-5)
    np.testing.assert_allclose(same, bias, rtol=1e-5)


@pytest.mark.parametrize("widest", [0, 3000])
def test_the_search_finds_the_weights_that_made_the_targets(
    widest: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a ridge, the shares of known weights are met, in either kind of coordinates."""
    monkeypatch.setattr("crembo_cli.students.scored.design.WIDEST", widest)
    design = design_of(ROWS)
    true = np.array([[1.0, -1.0], [0.5, 0.0], [0.0, 2.0]])
    targets = softmax(design.matrix @ true).astype(np.float32)
    begin = np.zeros((3, 2)), np.zeros(2)
    weights, _ = WeightSearch(design, 0.0).run(*begin, cross_entropy, targets)
    found, wanted = (each[:, 1] - each[:, 0] for each in (weights, true))
    np.testing.assert_allclose(found, wanted, atol=5e-3)


@pytest.mark.parametrize("ridge", [0.01, 1.0])
def test_the_search_stops_where_the_penalised_gradient_is_zero(ridge: float) -> None:
    """At the minimum the loss's gradient and the ridge's cancel out."""
    design = design_of(ROWS)
    targets = RNG.dirichlet([0.5] * 3, len(ROWS)).astype(np.float32)
    begin = np.zeros((3, 3)), np.zeros(3)
    weights, bias = WeightSearch(design, ridge).run(*begin, cross_entropy, targets)
    _, slope = cross_entropy((design.matrix @ weights + bias).astype(np.float32), targets)
    gradient = design.matrix.T @ slope / len(ROWS) + ridge * weights
    np.testing.assert_allclose(gradient, 0.0, atol=2e-4)


def test_equal_columns_do_not_stop_the_search() -> None:
    """Columns that repeat each other share their weight, even without a ridge."""
    twice = np.repeat(ROWS[:, :1], 2, axis=1)
    design = design_of(twice)
    targets = softmax(design.matrix @ np.array([[1.0, -1.0], [0.0, 0.0]])).astype(np.float32)
    begin = np.zeros((2, 2)), np.zeros(2)
    weights, _ = WeightSearch(design, 0.0).run(*begin, cross_entropy, targets)
    np.testing.assert_allclose(weights[0], weights[1], atol=1e-4)
    np.testing.assert_allclose(weights.sum(axis=0), [1.0, -1.0], atol=1e-2)
