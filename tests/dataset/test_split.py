"""Tests of crembo_cli.dataset.labelled."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crembo_cli.dataset.labelled import split_rows
from crembo_cli.errors import DataError, UsageError


@settings(deadline=None)
@given(
    counts=st.lists(st.integers(1, 60), min_size=1, max_size=8),
    test=st.sampled_from([0.0, 0.2, 0.3]),
    validation=st.sampled_from([0.0, 0.15, 0.2]),
    seed=st.integers(0, 3),
)
def test_each_set_has_each_class_in_proportion(
    counts: list[int], test: float, validation: float, seed: int
) -> None:
    """Each row is in one part, and each part holds its share of all and of each class."""
    strata = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(counts)), counts))
    n = len(strata)
    if n < 50:
        return
    split = split_rows(strata, test_share=test, validation_share=validation, seed=seed)
    parts = (split.train, split.validation, split.test)
    assert sorted(np.concatenate(parts).tolist()) == list(range(n))
    assert (len(split.test), len(split.validation)) == (round(n * test), round(n * validation))
    for part in parts:
        assert part.dtype == np.int64
        assert (np.diff(part) > 0).all()
        of_class = np.bincount(strata[part], minlength=len(counts))
        assert (np.abs(of_class - np.array(counts) * len(part) / n) < 2).all()
    of_test = np.bincount(strata[split.test], minlength=len(counts))
    assert (np.abs(of_test - np.array(counts) * len(split.test) / n) < 1 + 1e-9).all()


def test_the_seed_decides_the_split() -> None:
    """The same seed gives the same rows, another seed others."""
    strata = np.arange(200) % 3
    first, again, other = (
        split_rows(strata, test_share=0.2, validation_share=0.2, seed=seed).test.tolist()
        for seed in (0, 0, 1)
    )
    assert first == again != other


def test_each_row_has_the_same_chance() -> None:
    """Over many seeds, each row is tested equally often, the rare class's one row too."""
    strata = np.array([0] * 30 + [1])
    times = np.zeros(31)
    for seed in range(2000):
        times[split_rows(strata, test_share=0.2, validation_share=0.2, seed=seed).test] += 1
    assert (np.abs(times / 2000 - 6 / 31) < 0.04).all()


@pytest.mark.parametrize(
    ("test", "validation", "least"),
    [(0.2, 0.2, 23), (0.0, 0.2, 15), (0.5, 0.0, 20), (0.0, 0.0, 10)],
)
def test_too_few_rows_are_refused(test: float, validation: float, least: int) -> None:
    """The message names a number of rows, and that number is just enough."""
    for n in range(least):
        with pytest.raises(DataError, match=f"found {n} rows: .*; wanted {least} rows or more"):
            split_rows(np.zeros(n, np.int64), test_share=test, validation_share=validation, seed=0)
    split_rows(np.zeros(least, np.int64), test_share=test, validation_share=validation, seed=0)


@pytest.mark.parametrize(("test", "validation"), [(1.0, 0.0), (-0.1, 0.2), (0.6, 0.4)])
def test_invalid_shares_are_refused(test: float, validation: float) -> None:
    """Shares below 0, or that leave nothing to fit on, are refused."""
    with pytest.raises(UsageError, match="invalid shares of rows"):
        split_rows(np.zeros(99, np.int64), test_share=test, validation_share=validation, seed=0)
