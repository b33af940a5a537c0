"""Values to bins."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from crembo_cli.arrays import EVERYTHING
from crembo_cli.students.tree.bins import MAX_BINS, MISSING, bin_rows, find_edges

LARGEST = np.finfo(np.float32).max
columns = arrays(
    np.float32,
    st.integers(1, 60),
    elements=st.floats(width=32, allow_infinity=False, allow_nan=True)
    | st.sampled_from([0.0, -0.0, 1.0, float(np.nextafter(np.float32(1), np.float32(2)))]),
)


@settings(deadline=None)  # the kernels are loaded once
@given(columns)
def test_a_value_is_at_most_an_edge_when_its_code_is_at_most_the_edges(column: np.ndarray) -> None:
    """Codes compare as values do with float32 thresholds, denormal, neighbouring or largest."""
    bins = bin_rows(column[:, None], 1)
    known = ~np.isnan(column)
    cuts = np.arange(-1, bins.widths[0])
    thresholds = bins.thresholds(np.zeros(len(cuts), np.int32), cuts)
    for cut, threshold in zip(cuts, thresholds, strict=True):
        assert np.array_equal(bins.codes[0][known] <= cut, column[known] <= threshold)
    assert (bins.codes[0][~known] == MISSING).all()
    assert np.array_equal(bins.cuts(np.zeros(len(cuts), np.int32), thresholds), cuts)


@settings(deadline=None)  # the kernels are loaded once
@given(columns)
def test_few_values_get_a_bin_each(column: np.ndarray) -> None:
    """With at most 255 distinct values none shares its bin."""
    bins = bin_rows(column[:, None], 1)
    distinct = np.unique(column[~np.isnan(column)])
    assert bins.widths[0] == max(1, len(distinct))
    assert np.array_equal(np.unique(bins.codes[0][~np.isnan(column)]), np.arange(len(distinct)))


def test_an_edge_between_neighbours_is_the_lower() -> None:
    """Between a float32 and the next there is no middle: the edge is the lower, even or odd."""
    one = np.float32(1)
    for below in (one, np.nextafter(one, np.float32(2)), np.float32(0), -np.float32(1e-45)):
        above = np.nextafter(below, np.float32(2))
        assert find_edges(np.array([above, below], np.float32)).tolist() == [float(below)]
    assert find_edges(np.array([3, 1, np.nan, 2, 1], np.float32)).tolist() == [1.5, 2.5]


@settings(deadline=None)
@given(columns)
def test_an_edge_lies_in_the_middle_half_of_its_gap(column: np.ndarray) -> None:
    """With as few digits as that allows; a midpoint of neighbouring floats is rounded down."""
    values = np.unique(column[~np.isnan(column)])
    edges = find_edges(column)
    for low, edge, high in zip(values[:-1], edges, values[1:], strict=True):
        middle = (float(low) + float(high)) / 2
        quarter = (float(high) - float(low)) / 4
        rounded_down = np.nextafter(edge, np.float32(np.inf)) > middle
        assert low <= edge < high
        assert abs(float(np.format_float_scientific(edge)) - middle) <= quarter or rounded_down


@pytest.mark.parametrize(
    ("low", "high", "edge"),
    [(0.0496, 0.0497, 0.04965), (29, 34, 32), (0.7, 1.9, 1), (-3, 2, 0), (1e20, 3e20, 2e20)],
)
def test_an_edge_has_few_digits(low: float, high: float, edge: float) -> None:
    """A reader of the tree sees the very number that ONNX compares with."""
    assert find_edges(np.array([low, high], np.float32)).tolist() == [np.float32(edge)]


@pytest.mark.parametrize("count", [254, 255, 256, 257, 1000, 100_000])
def test_any_number_of_values_makes_at_most_255_bins_of_like_size(count: int) -> None:
    """Up to 255 distinct values are kept apart, however rare; more share bins evenly."""
    column = np.random.default_rng(0).permutation(np.arange(count)).astype(np.float32)
    codes = bin_rows(column[:, None], 1).codes[0]
    sizes = np.bincount(codes)
    assert len(sizes) == min(count, MAX_BINS)
    assert sizes.min() >= 1
    assert sizes.max() <= 1.05 * count / MAX_BINS + 1


def test_a_rare_value_among_a_million_has_its_bin() -> None:
    """255 distinct values of a million rows, one of them there once, are kept apart."""
    column = np.repeat(np.arange(254, dtype=np.float32), 4_000)
    column = np.append(column, np.float32(1e6))
    bins = bin_rows(column[:, None], 1)
    assert bins.widths[0] == 255
    assert np.count_nonzero(bins.codes[0] == 254) == 1


def test_a_frequent_value_does_not_take_the_edges_of_the_others() -> None:
    """Nine rows of ten hold 0; the others, all different, still get nearly all bins."""
    column = np.zeros(20_000, np.float32)
    column[:2_000] = np.random.default_rng(0).random(2_000) + 1
    sizes = np.bincount(bin_rows(column[:, None], 1).codes[0])
    assert len(sizes) > 240
    assert sizes[1:].max() <= 12


def test_columns_without_values_or_with_one() -> None:
    """They have one code, and nothing can be cut there but missing from known."""
    rows = np.array([[np.nan, 7], [np.nan, 7]], np.float32)
    bins = bin_rows(rows, 1)
    assert bins.codes.tolist() == [[MISSING] * 2, [0] * 2]
    assert bins.widths.tolist() == [1, 1]
    assert bins.thresholds(np.array([1]), np.array([0])) == EVERYTHING


@settings(deadline=None)
@given(st.integers(0, 2**16))
def test_row_order_and_threads_do_not_matter(seed: int) -> None:
    """The same values in another order have the same edges; so have they on two threads."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(500, 3)).astype(np.float32)
    order = rng.permutation(500)
    one, other = bin_rows(rows, 1), bin_rows(rows[order], 2)
    assert np.array_equal(one.edges, other.edges)
    assert np.array_equal(one.codes[:, order], other.codes)


def test_the_nearest_edge_below_stands_for_a_foreign_threshold() -> None:
    """A tree of other bins finds its cuts in these: the edge below, none, or all."""
    bins = bin_rows(np.array([[1], [2], [3]], np.float32), 1)
    wanted = np.array([-np.inf, 0.5, 1.5, 2.0, 9.0, LARGEST], np.float32)
    assert bins.cuts(np.zeros(6, np.int32), wanted).tolist() == [-1, -1, 0, 0, 1, 2]
