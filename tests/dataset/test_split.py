"""Tests of crembo_cli.dataset.labelled."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crembo_cli.dataset.labelled import note_few_rows, split_rows
from crembo_cli.errors import DataError, UsageError
from tests.robustness.small_runs import evidence_of


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


@settings(deadline=None)
@given(rare=st.integers(5, 40), wrong=st.integers(0, 30), seed=st.integers(0, 5))
def test_splits_have_true_labels_and_the_teachers_in_proportion(
    rare: int, wrong: int, seed: int
) -> None:
    """A rare class, and the rows on which the teacher is wrong, are spread to within two rows."""
    y = np.repeat([0, 1], [400, rare])
    teacher = y.copy()
    teacher[:wrong] = 1
    order = np.random.default_rng(seed).permutation(len(y))
    table = evidence_of(
        pd.DataFrame({"x": np.arange(len(y))}),
        np.eye(2, dtype=np.float32)[teacher[order]],
        y[order],
    )
    split = split_rows(table.strata(), test_share=0.2, validation_share=0.1, seed=seed)
    for part in (split.train, split.validation, split.test):
        for rows in (y[order] == 1, (teacher != y)[order]):
            assert abs(rows[part].sum() - rows.sum() * len(part) / len(y)) < 2


def test_without_labels_the_teachers_labels_are_the_strata() -> None:
    """With labels, pairs are numbered by the true label first."""
    beliefs = np.eye(3, dtype=np.float32)[[0, 2, 1]]
    frame = pd.DataFrame({"x": np.arange(3)})
    assert evidence_of(frame, beliefs).strata().tolist() == [0, 2, 1]
    assert evidence_of(frame, beliefs, np.array([0, 1, 2])).strata().tolist() == [0, 5, 7]


def test_classes_with_too_few_rows_are_noted_in_one_line() -> None:
    """By the true labels or the teacher's; a class that no row has is not one of them."""
    teacher = np.array([0, 0, 0, 1, 0, 0, 0, 0, 0, 0])
    beliefs = np.eye(4, dtype=np.float32)[teacher]
    y = np.array([0, 0, 0, 0, 2, 2, 2, 0, 0, 0])
    table = evidence_of(pd.DataFrame({"x": np.arange(10)}), beliefs, y)
    sets = [np.arange(4), np.arange(4, 7), np.arange(7, 10)]
    names = ["a", "b", "c", "d"]
    assert note_few_rows(table, sets, names) == [
        "too few rows of 'c' (3 rows), 'b' (1 row): a class needs 4 for training, validation and "
        "test rows to have some each; its metrics are rough"
    ]
    assert note_few_rows(table, [np.arange(10), np.array([], np.int64)], names) == []
    many = evidence_of(pd.DataFrame({"x": np.arange(8)}), np.eye(8, dtype=np.float32), np.arange(8))
    (line,) = note_few_rows(many, [np.arange(1), np.arange(1, 8)], [*"abcdefgh"])
    assert "'e' (1 row), 3 more: a class needs 8 for" in line
