"""Synthetic rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crembo_cli.core.synthetic import MOST_BASES, nearest_rows, synthetic_rows


def mixed_rows(seed: int, n: int) -> np.ndarray:
    """Columns: continuous, whole numbers, three values, constant, all missing, partly missing."""
    rng = np.random.default_rng(seed)
    rows = np.column_stack(
        [
            rng.normal(5, 2, n),
            rng.integers(-500, 500, n),
            rng.choice([0.0, 2.5, 7.0], n),
            np.full(n, 3.25),
            np.full(n, np.nan),
            np.where(rng.random(n) < 0.3, np.nan, rng.normal(size=n)),
        ]
    )
    return rows.astype(np.float32)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**16), st.integers(1, 60), st.integers(0, 200))
def test_each_column_stays_what_it_was(seed: int, n: int, count: int) -> None:
    """New values lie in the column's range; whole stay whole; few-valued take only those."""
    rows = mixed_rows(seed, n)
    new = synthetic_rows(rows, count, np.random.default_rng(seed))
    assert new.shape == (count, rows.shape[1])
    assert new.dtype == np.float32
    if count == 0:
        return
    assert (new[:, 0] >= rows[:, 0].min()).all()
    assert (new[:, 0] <= rows[:, 0].max()).all()
    assert np.array_equal(new[:, 1], np.round(new[:, 1]))
    assert set(new[:, 2]) <= set(rows[:, 2])
    assert (new[:, 3] == np.float32(3.25)).all()
    assert np.isnan(new[:, 4]).all()


def test_the_same_generator_gives_the_same_rows() -> None:
    """Everything random comes from the generator that is passed in."""
    rows = mixed_rows(0, 50)
    one = synthetic_rows(rows, 300, np.random.default_rng(7))
    other = synthetic_rows(rows, 300, np.random.default_rng(7))
    assert np.array_equal(one, other, equal_nan=True)


def test_new_rows_are_new_and_alike() -> None:
    """Continuous columns get values that were not there, around the same mean and spread."""
    rows = np.random.default_rng(0).normal(size=(500, 4)).astype(np.float32)
    new = synthetic_rows(rows, 5000, np.random.default_rng(1))
    assert np.mean(np.isin(new, rows)) < 0.6
    assert np.abs(new.mean(axis=0) - rows.mean(axis=0)).max() < 0.15
    assert np.abs(new.std(axis=0) - rows.std(axis=0)).max() < 0.2


def test_missing_values_are_passed_on_about_as_often() -> None:
    """A column with 30 % missing values has about as many in the new rows."""
    rows = mixed_rows(3, 400)
    new = synthetic_rows(rows, 4000, np.random.default_rng(0))
    assert np.isnan(new[:, 5]).mean() == pytest.approx(np.isnan(rows[:, 5]).mean(), abs=0.1)


@given(st.integers(0, 2**16), st.integers(1, 30))
def test_nearest_rows_equal_a_naive_search(seed: int, n: int) -> None:
    """The neighbours are those that a loop over all pairs finds, nearest first; never the row."""
    rows = mixed_rows(seed, n)
    rows = np.column_stack([rows[:, :4], rows[:, 5]])
    known = ~np.isnan(rows)
    points = np.zeros(rows.shape)
    for j, there in enumerate(known.T):
        values = rows[there, j].astype(float)
        if len(set(values)) > 1:
            points[there, j] = (values - values.mean()) / values.std()
    which = np.arange(0, n, 2)
    near = nearest_rows(rows, which)
    for i, found in zip(which, near, strict=True):
        distance = ((points - points[i]) ** 2).sum(axis=1)
        assert n == 1 or i not in found
        distance[i] = np.inf
        assert distance[found] == pytest.approx(np.sort(distance)[: len(found)], abs=1e-2)


def test_a_lone_row_is_repeated() -> None:
    """One row alone is its own neighbour, and all that can be made is that row."""
    row = np.array([[1.5, np.nan, 3.0]], np.float32)
    assert np.array_equal(
        synthetic_rows(row, 3, np.random.default_rng(0)), np.repeat(row, 3, axis=0), equal_nan=True
    )


def test_no_rows_are_refused() -> None:
    """From nothing nothing is made, and it is said."""
    with pytest.raises(ValueError, match="no rows"):
        synthetic_rows(np.empty((0, 3), np.float32), 5, np.random.default_rng(0))


def test_values_at_the_ends_of_float32_stay_there() -> None:
    """Neither the spread nor the jitter of the largest numbers runs over."""
    largest = np.finfo(np.float32).max
    rows = np.linspace(-1, 1, 64, dtype=np.float32)[:, None] * largest
    new = synthetic_rows(rows, 500, np.random.default_rng(0))
    assert np.isfinite(new).all()


def test_synthetic_rows_of_a_large_table_come_from_a_sample() -> None:
    """Of more rows than neighbours are sought among, a draw is taken; ranges are its own."""
    rows = np.random.default_rng(0).normal(size=(MOST_BASES + 50, 2)).astype(np.float32)
    rows[:, 1] = np.round(rows[:, 1] * 100)
    new = synthetic_rows(rows, 40, np.random.default_rng(1))
    assert new.shape == (40, 2)
    assert np.array_equal(new[:, 1], np.round(new[:, 1]))
    assert (new >= rows.min(axis=0)).all()
    assert (new <= rows.max(axis=0)).all()
