"""The search for splits, against brute force over all of them."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from crembo_cli.students.tree.bins import bin_rows
from crembo_cli.students.tree.grow import exact_rewards
from crembo_cli.students.tree.kernels import MISSING
from crembo_cli.students.tree.splits import Splits, by_entropy, by_gain, by_labels, group_rewards
from tests.students.tree import naive
from tests.students.tree.tables import Table, tables


def sent_left(table: Table, splits: Splits, k: int, here: list[int]) -> list[int]:
    """What the k-th split sends left of the rows `here`."""
    codes = table.bins.codes[splits.feature[k]]
    return [
        i
        for i in here
        if (splits.missing_left[k] if codes[i] == MISSING else codes[i] <= splits.cut[k])
    ]


def slots_of(table: Table, seed: int) -> tuple[np.ndarray, np.ndarray, list[list[int]]]:
    """Most rows shared between three slots: the rows, their slots, and the rows of each slot."""
    rng = np.random.default_rng(seed)
    n = len(table.rows)
    rows = np.flatnonzero(rng.random(n) < 0.8).astype(np.int32)
    slot = rng.integers(0, 3, len(rows)).astype(np.int32)
    return rows, slot, [rows[slot == k].tolist() for k in range(3)]


@settings(deadline=None)
@given(tables, st.integers(0, 2**16))
def test_the_best_gain_is_that_of_brute_force(table: Table, seed: int) -> None:
    """No split of any feature, missing either way, has a larger sum on its left."""
    rows, slot, groups = slots_of(table, seed)
    rng = np.random.default_rng(seed)
    gain = exact_rewards(rng.random(len(rows))) - exact_rewards(rng.random(len(rows)))
    of_row = dict(zip(rows.tolist(), gain.tolist(), strict=True))
    splits = by_gain(table.bins, rows, slot, gain, 3, 1)
    for k, here in enumerate(groups):
        sums = [sum(of_row[i] for i in left) for left in naive.sides(table.rows, here)]
        assert splits.score[k] == max(sums)
        assert splits.score[k] == sum(of_row[i] for i in sent_left(table, splits, k, here))


@settings(deadline=None)
@given(tables, st.integers(0, 2**16))
def test_the_best_labels_are_those_of_brute_force(table: Table, seed: int) -> None:
    """No split earns more with the best label on each of its sides."""
    rows, slot, groups = slots_of(table, seed)
    totals = np.array([table.rewards[here].sum(axis=0, dtype=float) for here in groups])
    if not (totals > 0).any():
        return
    groups_ = group_rewards(table.rewards, rows, slot, totals, totals > 0)
    splits = by_labels(table.bins, groups_, 1)

    def total_reward(left: list[int], here: list[int]) -> float:
        right = [i for i in here if i not in left]
        return sum(table.rewards[side].sum(axis=0, dtype=float).max() for side in (left, right))

    for k, here in enumerate(groups):
        # A split that leaves no rewarded row on its left is none.
        best = max(
            (
                total_reward(left, here)
                for left in naive.sides(table.rows, here)
                if table.rewards[left].any()
            ),
            default=-np.inf,
        )
        known = any(table.rewards[i].any() and not np.isnan(table.rows[i]).all() for i in here)
        assert splits.score[k] == (best if known else -np.inf)


@settings(deadline=None)
@given(tables)
def test_the_scored_entropy_is_that_of_the_split(table: Table) -> None:
    """The score is minus the entropy of both sides, in nats times votes."""
    votes = exact_rewards(table.beliefs / table.beliefs.sum(axis=1, keepdims=True))
    n = len(votes)
    totals = votes.sum(axis=0, dtype=float)[None]
    everyone = np.arange(n, dtype=np.int32)
    slot = np.zeros(n, np.int32)
    splits = by_entropy(table.bins, group_rewards(votes, everyone, slot, totals, totals > 0), 1)
    if not np.isfinite(splits.score[0]):
        return
    left = sent_left(table, splits, 0, list(range(n)))
    right = [i for i in range(n) if i not in left]
    assert left
    assert right
    both = naive.entropy(votes, left) + naive.entropy(votes, right)
    assert abs(splits.score[0] + both) < 1e-5 * n


def test_threads_do_not_matter() -> None:
    """Features shared between threads give the same splits to the last bit."""
    rng = np.random.default_rng(0)
    n, p, c = 40_000, 60, 3  # enough that threads are started
    table_rows = rng.normal(size=(n, p)).astype(np.float32)
    bins = bin_rows(table_rows, 2)
    rewards = exact_rewards(rng.dirichlet(np.ones(c), n))
    rows = np.arange(n, dtype=np.int32)
    slot = (rows % 4).astype(np.int32)
    totals = np.array([rewards[slot == k].sum(axis=0, dtype=float) for k in range(4)])
    groups = group_rewards(rewards, rows, slot, totals, totals > 0)
    gain = rewards[:, 0] - rewards[:, 1]
    for one, two in (
        (by_entropy(bins, groups, 1), by_entropy(bins, groups, 2)),
        (by_labels(bins, groups, 1), by_labels(bins, groups, 3)),
        (by_gain(bins, rows, slot, gain, 4, 1), by_gain(bins, rows, slot, gain, 4, 2)),
    ):
        for name, values in vars(one).items():
            assert np.array_equal(values, getattr(two, name)), name


def test_of_equally_good_splits_the_first_is_found() -> None:
    """The lowest feature, its lowest cut, missing values right: the same for either search."""
    rows = np.array([[5, 1], [5, 2], [5, 3], [5, 4], [5, np.nan]], np.float32)
    bins = bin_rows(np.hstack([rows, rows]), 1)
    everyone, slot = np.arange(5, dtype=np.int32), np.zeros(5, np.int32)
    gain = np.array([0.5, 0, 0, -0.5, 0], np.float32)
    rewards = np.array([[1, 0], [0, 0], [0, 0], [0, 1], [0, 0]], np.float32)
    totals = np.ones((1, 2))
    groups = group_rewards(rewards, everyone, slot, totals, totals > 0)
    for splits in (by_gain(bins, everyone, slot, gain, 1, 1), by_labels(bins, groups, 1)):
        assert splits.feature.tolist() == [1]
        assert splits.cut.tolist() == [0]
        assert splits.missing_left.tolist() == [False]


def test_cells_hold_the_classes_that_count_of_the_rows_that_have_some() -> None:
    """Rows without a reward for the counted classes are left out of their group."""
    rewards = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 1, 1], [1, 1, 0]], np.float32)
    rows = np.arange(5, dtype=np.int32)
    slot = np.array([1, 0, 0, 1, 1], np.int32)
    totals = np.array([[0, 1, 1], [2, 2, 1]], float)
    counted = np.array([[False, True, False], [True, False, True]])
    groups = group_rewards(rewards, rows, slot, totals, counted)
    assert groups.bounds.tolist() == [0, 1, 4]
    assert groups.order[:4].tolist() == [1, 0, 3, 4]
    assert groups.counts.tolist() == [1, 2]
    assert groups.cells[0, 0] == 1
    assert groups.cells[1:4].tolist() == [[1, 0], [0, 1], [1, 0]]
    assert groups.totals.tolist() == [[1, 0, 1], [2, 1, 2]]
