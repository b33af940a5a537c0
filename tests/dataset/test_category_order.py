"""Tests of crembo_cli.dataset.encode."""

from __future__ import annotations

import numpy as np
import pytest

from crembo_cli.dataset.encode import order_categories


def test_two_classes_sort_by_the_probability_of_the_second() -> None:
    """With two classes, categories stand in order of the mean belief in the second."""
    codes = np.array([0, 0, 1, 2, 2, -1])
    second = np.array([0.9, 0.7, 0.1, 0.3, 0.7, 0.0], np.float32)
    beliefs = np.stack([1 - second, second], axis=1)
    assert order_categories(codes, ["a", "b", "c"], beliefs) == ("b", "c", "a")


@pytest.mark.parametrize("axes", [(0, 1, 2), (2, 0, 1)])
def test_more_classes_sort_along_the_principal_direction(axes: tuple[int, ...]) -> None:
    """With more, along the direction in which mean beliefs differ, up in its heaviest class."""
    along = np.array([0.5, 0.0, 0.25, 0.75, 1.0])
    beliefs = np.stack([along, 0.7 - 0.7 * along, 0.3 - 0.3 * along], axis=1)[:, list(axes)]
    found = order_categories(np.arange(5), list("abcde"), beliefs.astype(np.float32))
    assert found == ("b", "c", "a", "d", "e")


def test_categories_are_weighted_by_rows() -> None:
    """A category counts with its rows: one odd row does not turn the direction."""
    low, high, odd = [0.8, 0.1, 0.1], [0.4, 0.5, 0.1], [0.0, 0.0, 1.0]
    beliefs = np.array([low] * 50 + [high] * 50 + [odd], np.float32)
    codes = np.repeat([0, 1, 2], [50, 50, 1])
    found = order_categories(codes, ["low", "high", "odd"], beliefs)
    assert found in (("low", "odd", "high"), ("high", "odd", "low"))


@pytest.mark.parametrize("classes", [2, 3])
def test_ties_are_sorted_by_text(classes: int) -> None:
    """Categories of which the teacher thinks alike stand in order of their texts."""
    beliefs = np.full((4, classes), 1 / classes, np.float32)
    assert order_categories(np.array([3, 1, 0, 2]), ["d", "b", "a", "c"], beliefs) == (
        *("a", "b", "c", "d"),
    )


@pytest.mark.parametrize("classes", [2, 4])
def test_the_order_of_rows_does_not_matter(classes: int) -> None:
    """The order of the rows and of the categories makes no difference."""
    random = np.random.default_rng(classes)
    beliefs = random.dirichlet(np.ones(classes), 200).astype(np.float32)
    codes = random.integers(0, 9, 200)
    names = np.array([f"c{i}" for i in range(9)])
    mix, swap = random.permutation(200), random.permutation(9)
    first = order_categories(codes, names.tolist(), beliefs)
    other = order_categories(np.argsort(swap)[codes[mix]], names[swap].tolist(), beliefs[mix])
    assert first == other
