"""Totals of blocks add up to those of all rows, however these are cut."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import reduce
from itertools import pairwise
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crembo_cli.dataset.labelled import LabelledRows
from crembo_cli.evaluation import counts
from crembo_cli.evaluation.counts import Counts
from crembo_cli.evaluation.curves import curves_of
from crembo_cli.evaluation.differences import differences_of
from crembo_cli.evaluation.measured import Measured, measure_rows, sum_rows
from crembo_cli.evaluation.metrics import Prediction, measure, measure_by_class
from crembo_cli.evaluation.paired import deltas_of
from crembo_cli.evaluation.scores import compared_classes, roc_auc
from crembo_cli.evaluation.totals import Moments
from crembo_cli.robustness.measure import bounds_on, curve_on
from crembo_cli.students.contract import Floats

SHARES = np.linspace(0, 1, 11)


def grouped(parts: Sequence[Any], rng: Random) -> Any:
    """The sum of `parts`, neighbours first that are drawn."""
    left = list(parts)
    while len(left) > 1:
        k = rng.randrange(len(left) - 1)
        left[k : k + 2] = [left[k] + left[k + 1]]
    return left[0]


def cut(n: int, rng: Random) -> list[slice]:
    """Blocks of so many rows."""
    ends = sorted({0, n, *(rng.randrange(1, n + 1) for _ in range(rng.randrange(5)))})
    return [slice(*pair) for pair in pairwise(ends)]


def probabilities(rng: np.random.Generator, n: int, c: int, digits: int) -> Floats:
    """Of n rows; with few digits there are ties, and zeros."""
    found = rng.dirichlet(np.ones(c), n).round(digits) + 1e-3
    return (found / found.sum(axis=1, keepdims=True)).astype(np.float32)


def everything(measured: Measured, c: int) -> list[Any]:
    """All that a report says of the totals."""
    each = measured.totals.each
    depths = {name: one.depths for name, one in each.items() if one.depths}
    names = [f"class {k}" for k in range(c)]
    return [
        measured.totals.rows,
        measured.totals.certain,
        [asdict(measure(one)) for one in each.values()],
        [[asdict(row) for row in measure_by_class(one, names) or []] for one in each.values()],
        [asdict(one) for one in curves_of(each).values()],
        [asdict(one) for one in differences_of(measured).values()],
        {key: one and asdict(one) for key, one in deltas_of(measured, seed=0).items()},
        asdict(bounds_on(each["a"], fitted_on=False)),
        asdict(curve_on({**depths, "student": depths["a"]}, fitted_on=False)) if depths else None,
        {name: one.same for name, one in measured.totals.pairs.items()},
    ]


def flat(found: Any) -> list[Any]:
    """The numbers in lists and dictionaries, one after the other."""
    if isinstance(found, dict):
        found = list(found.values())
    if isinstance(found, list | tuple):
        return [number for each in found for number in flat(each)]
    return [found]


@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(1, 60),
    c=st.integers(2, 4),
    digits=st.integers(0, 7),
    seed=st.integers(0, 2**16),
    labels=st.sampled_from(["some", "one", "none"]),
    teacher=st.booleans(),
    bare=st.booleans(),
    weighted=st.booleans(),
)
def test_measures_do_not_depend_on_how_rows_are_cut_and_grouped(
    n: int, c: int, digits: int, seed: int, labels: str, teacher: bool, bare: bool, weighted: bool
) -> None:
    """With ties, one class, no labels, no teacher, no probabilities, and decisions by costs."""
    rng = np.random.default_rng(seed)
    y = {"some": rng.integers(0, c, n), "one": np.ones(n, np.int64), "none": None}[labels]
    utilities = np.asarray(1 - rng.random((c, c)) * (1 - np.eye(c))) if weighted else None
    P, Q = (probabilities(rng, n, c, digits) for _ in range(2))
    rows = LabelledRows(beliefs=P, y_true=y, utilities=utilities)
    predicted = {
        "a": Prediction(labels=Q.argmax(axis=1), probabilities=None if bare else Q),
        "b": Prediction(labels=rng.integers(0, c, n), probabilities=Q[::-1].copy()),
        "teacher": Prediction(labels=rows.teacher_labels(), probabilities=P),
    }
    whole = measure_rows(rows, predicted, teacher=teacher)
    compared = () if y is None else compared_classes(np.bincount(y, minlength=c))
    parts = [
        sum_rows(
            replace(rows, beliefs=P[each], y_true=None if y is None else y[each]),
            {name: part_of(one, each) for name, one in predicted.items()},
            compared,
            teacher=teacher,
        )
        for each in cut(n, Random(seed))
    ]
    blocks = replace(whole, totals=grouped(parts, Random(seed)))
    found, expected = flat(everything(blocks, c)), flat(everything(whole, c))
    assert [each is None for each in found] == [each is None for each in expected]
    numbers = [k for k, each in enumerate(expected) if not isinstance(each, str | None)]
    assert [found[k] for k in numbers] == pytest.approx(
        [expected[k] for k in numbers], rel=1e-12, abs=1e-12
    )


def part_of(prediction: Prediction, rows: slice) -> Prediction:
    """What is predicted for some of the rows."""
    Q = prediction.probabilities
    return Prediction(labels=prediction.labels[rows], probabilities=None if Q is None else Q[rows])


@settings(max_examples=60, deadline=None)
@given(n=st.integers(30, 200), most=st.sampled_from([4, 10, 20]), seed=st.integers(0, 2**16))
def test_many_values_are_rounded_and_all_that_follows_is_that_of_rounded_rows(
    n: int, most: int, seed: int
) -> None:
    """However they are cut and grouped; quantiles are off by half a step at most."""
    rng = np.random.default_rng(seed)
    values, hits = rng.random(n) ** rng.choice([0.01, 1, 6, 30], n), rng.random(n) < 0.5
    values = values.astype(np.float32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(counts, "MOST_VALUES", most)
        blocks = cut(n, Random(seed)) if seed % 2 else [slice(0, 1), slice(1, n)]
        parts = [Counts.of(values[each], hits[each]) for each in blocks]
        found = grouped(parts, Random(seed))
        if len(parts) == 1:
            assert found.values.tolist() == sorted(set(values.tolist()))  # what is whole is exact
            return
        near = counts.round_values(values)
        expected = Counts.of(near.astype(np.float32), hits)
        for key in ("values", "rows", "hits"):
            assert getattr(found, key).tolist() == getattr(expected, key).tolist()
        off = np.abs(found.quantiles(SHARES) - np.quantile(values, SHARES))
        assert off.max() <= 5.1e-6
        d = np.arange(101) / 100
        below = [int((near < edge - 1e-9).sum()) for edge in d]
        assert found.below(d).tolist() == below


def test_up_to_the_limit_values_are_exact_and_decimals_stay_what_they_are_beyond_it() -> None:
    """A depth of 0.7 is 0.7, and not below 0.7, in float32 as it comes from a teacher."""
    depths = np.float32([0.02, 0.7, 0.7, 1.0])
    rng = np.random.default_rng(0)
    exact = Counts.of(depths) + Counts.of(rng.random(counts.MOST_VALUES - 3, np.float32))
    assert not exact.rounded
    more = rng.random(2 * counts.MOST_VALUES, np.float32) / 2 + np.float32(0.4)
    rounded = exact + Counts.of(more)
    assert rounded.rounded
    assert len(rounded.values) <= counts.FIRST[-1] + 1
    assert np.isin(depths, rounded.values).all()
    every = np.concatenate([exact.values.repeat(exact.rows), more])
    d = np.array([0.02, 0.7, 1.0])
    near = [int((every < edge - 5e-6).sum()) for edge in d.astype(np.float32)]
    far = [int((every < edge + 5e-6).sum()) for edge in d.astype(np.float32)]
    assert (near <= rounded.below(d)).all()
    assert (rounded.below(d) <= far).all()
    assert (Counts.of(depths).below(d) == [0, 1, 3]).all()


@given(value=st.floats(0, 1), small=st.sampled_from([1.0, 1e-2, 1e-4, 1e-6]))
def test_a_value_is_rounded_to_five_decimals_and_four_digits(value: float, small: float) -> None:
    """In order; decimals, the bounds between two steps among them, are what they were."""
    value *= small
    near = float(counts.round_values(np.array([value]))[0])
    assert abs(near - value) <= 0.500001 * max(min(1e-5, value * 1e-3), 1e-10)
    assert near == float(f"{near:.10f}")
    assert counts.round_values(np.array([near])).tolist() == [near]
    decimals = np.array([0.0, 1e-6, 0.00123, 0.0099999, 0.01, 0.7, 0.99, 0.9990001, 1.0])
    assert counts.round_values(decimals).tolist() == [*decimals[:3], 0.01, *decimals[4:]]
    assert counts.round_values(np.float32(decimals)).tolist() == [
        *decimals[:3], 0.01, *decimals[4:]
    ]  # fmt: skip
    assert counts.round_values(np.float32([-1e-7, 1.0000002])).tolist() == [0.0, 1.0]
    grid = np.linspace(0, 1, 5_001) * small
    assert (np.diff(counts.round_values(grid)) >= 0).all()


def test_the_ranking_of_a_very_rare_class_is_kept_where_values_are_rounded() -> None:
    """One row in 10,000, whose probabilities are small: the area is that of the exact values."""
    rng = np.random.default_rng(0)
    n = 400_000
    scores = rng.normal(size=n) * 2 - 13
    hit = rng.random(n) < np.exp(scores)
    values = (1 / (1 + np.exp(-scores))).astype(np.float32)
    halves = [
        Counts.of(values[some], hit[some]) for some in (slice(None, None, 2), slice(1, None, 2))
    ]
    rounded, exact = halves[0] + halves[1], counts.pool(halves)
    assert rounded.rounded
    assert not exact.rounded
    assert rounded.hits.sum() > 3
    assert roc_auc([rounded]) == pytest.approx(roc_auc([exact]), abs=2e-5)


@settings(deadline=None)
@given(values=st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_quantiles_are_those_of_numpy(values: list[float]) -> None:
    """And so are the values in order."""
    rows = np.array(values)
    found = Counts.of(rows)
    assert found.quantiles(SHARES) == pytest.approx(np.quantile(rows, SHARES), abs=1e-15)
    assert found.in_order(np.arange(len(rows))).tolist() == sorted(values)


@settings(deadline=None)
@given(values=st.lists(st.sampled_from([0.0, 0.25, 1.0]), min_size=1, max_size=600))
def test_counts_come_back_from_a_worker_as_they_were(values: list[float]) -> None:
    """In a byte or two for each number of rows."""
    rows = np.float32(values)
    found = Counts.of(rows, rows > 0)
    back = pickle.loads(pickle.dumps(found))
    for key in ("values", "rows", "hits"):
        assert getattr(back, key).tolist() == getattr(found, key).tolist()
        assert getattr(back, key).dtype == getattr(found, key).dtype
    assert back.rounded == found.rounded


def test_moments_written_out() -> None:
    """Of 1, 3 and 8: the mean is 4, the squares 9 + 1 + 16; in any order of adding."""
    parts = [Moments.of(np.array([each])) for each in (1.0, 3.0, 8.0)]
    for found in (reduce(Moments.__add__, parts), parts[0] + (parts[1] + parts[2])):
        assert (found.rows, found.mean) == (3, pytest.approx(4.0))
        assert found.squares == pytest.approx(26.0)
        assert found.error() == pytest.approx(np.sqrt(26 / 3) / np.sqrt(3))
    more, less = np.array([2, 0]), np.array([0, 1])
    by_hand = Moments.of(np.array([0.5, 0.5, -2.0, 0.0]))
    found = Moments.of_counts(more, less, 4, np.array([0.5, 2.0]))
    assert (found.mean, found.squares) == pytest.approx((by_hand.mean, by_hand.squares))


def test_intervals_are_estimated_from_rows_that_are_held() -> None:
    """A quarter of the rows: the interval of a difference of areas, and of depths, is as wide."""
    rng = np.random.default_rng(0)
    n = 8_000
    y = rng.integers(0, 2, n)
    scores = rng.normal(size=(3, n)) + y
    P, A, B = (
        np.stack([1 - each, each], axis=1).astype(np.float32) for each in 1 / (1 + np.exp(-scores))
    )
    rows = LabelledRows(beliefs=P, y_true=y)
    predicted = {
        name: Prediction(labels=Q.argmax(axis=1), probabilities=Q)
        for name, Q in (("a", A), ("b", B))
    }
    whole = measure_rows(rows, predicted)
    some = slice(0, n // 4)
    held = Measured(
        held=LabelledRows(beliefs=P[some], y_true=y[some]),
        predicted={name: part_of(each, some) for name, each in predicted.items()},
        totals=whole.totals,
    )
    every, few = deltas_of(whole, seed=0), deltas_of(held, seed=0)
    for name, near in (("roc_auc", 0.1), ("insensitive_depth.0.05", 0.4)):
        one, other = every[name], few[name]
        assert one is not None
        assert other is not None
        assert one.value == other.value
        assert other.low < other.value < other.high
        assert other.high - other.low == pytest.approx(one.high - one.low, rel=near)
    assert {k: v for k, v in few.items() if k not in ("roc_auc", "insensitive_depth.0.05")} == {
        k: v for k, v in every.items() if k not in ("roc_auc", "insensitive_depth.0.05")
    }
