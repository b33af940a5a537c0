"""The best split of each node in one level: the one search that growth and TAO share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crembo_cli.students.contract import Floats
from crembo_cli.students.tree.bins import Bins
from crembo_cli.students.tree.threads import in_threads

WORTH_THREADS = 200_000  # rows times features; below it, starting threads costs more

Scan = Callable[..., None]


@dataclass(frozen=True, kw_only=True)
class Groups:
    """Rows grouped by the node of one level that they are in."""

    first: int  # the level's first node; group k is node first + k
    order: NDArray[np.int32]  # row numbers, group by group
    bounds: NDArray[np.int64]  # (groups + 1,) where each group begins in order


@dataclass(frozen=True, kw_only=True)
class Splits:
    """The best split of each group; arrays of one entry a group."""

    score: NDArray[np.float64]  # -inf where there is none
    feature: NDArray[np.int32]
    cut: NDArray[np.int64]
    missing_left: NDArray[np.bool_]


def group_rows(node: NDArray[np.int32], rows: NDArray[np.int32], first: int, count: int) -> Groups:
    """Group `rows` by `node[row]`, for the nodes first .. first + count - 1."""
    from crembo_cli.students.tree.kernels import group

    order = np.empty(len(rows), np.int32)
    bounds = np.empty(count + 1, np.int64)
    group(node, rows, first, count, order, bounds)
    return Groups(first=first, order=order, bounds=bounds)


def by_entropy(bins: Bins, groups: Groups, shares: Floats, threads: int) -> Splits:
    """Splits whose two sides have the least summed entropy of `shares` (n, c)."""
    from crembo_cli.students.tree.kernels import ENTROPY, best_class_splits

    return _best(best_class_splits, bins, groups, (shares, ENTROPY), threads)


def by_labels(bins: Bins, groups: Groups, rewards: Floats, threads: int) -> Splits:
    """Splits whose two sides, each under its best label, earn the most `rewards` (n, c)."""
    from crembo_cli.students.tree.kernels import LABELS, best_class_splits

    return _best(best_class_splits, bins, groups, (rewards, LABELS), threads)


def by_gain(bins: Bins, groups: Groups, gain: NDArray[np.float64], threads: int) -> Splits:
    """Splits whose left side has the largest sum of `gain` (n,)."""
    from crembo_cli.students.tree.kernels import best_gain_splits

    return _best(best_gain_splits, bins, groups, (gain,), threads)


def _best(
    scan: Scan, bins: Bins, groups: Groups, values: tuple[object, ...], threads: int
) -> Splits:
    p, count = len(bins.codes), len(groups.bounds) - 1
    score = np.empty((p, count))
    cuts = np.zeros((p, count), np.int16)
    missing = np.zeros((p, count), np.int8)

    def some_features(begin: int, end: int) -> None:
        scan(bins.codes, begin, end, groups.order, groups.bounds, *values, score, cuts, missing)

    in_threads(some_features, p, threads if len(groups.order) * p > WORTH_THREADS else 1)
    feature = np.argmax(score, axis=0)  # the lowest of equals: no draw, no dependence on threads
    each = np.arange(count)
    return Splits(
        score=score[feature, each],
        feature=feature.astype(np.int32),
        cut=cuts[feature, each].astype(np.int64),
        missing_left=missing[feature, each] == 1,
    )
