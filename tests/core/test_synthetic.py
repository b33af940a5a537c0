"""Synthetic rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crembo_cli.core.synthetic import nearest_rows, synthetic_rows


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
@given(st.integers(0, 2**16), st.integers(2, 60), st.integers(0, 200))
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


def test_nearest_rows_equal_a_naive_search() -> None:
    """The neighbours are those that a loop over all pairs finds, nearest first."""
    rows = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
    near = nearest_rows(rows, np.ones(3, np.float32))
    for i, found in enumerate(near):
        distance = ((rows - rows[i]) ** 2).sum(axis=1)
        distance[i] = np.inf
        assert distance[found].tolist() == pytest.approx(np.sort(distance)[: len(found)].tolist())
