"""The best split of each of several nodes: the search that growth and TAO share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crembo_cli.arrays import Bools, Doubles, Floats, Indices, Int32s
from crembo_cli.students.tree.bins import Bins
from crembo_cli.threads import in_threads

Scan = Callable[[int, int, Doubles, NDArray[np.int16], NDArray[np.int8]], None]


@dataclass(frozen=True, kw_only=True)
class Splits:
    """The best splits of several nodes; the arrays have one entry per node."""

    score: Doubles  # -inf: there is no split
    feature: Int32s
    cut: Indices  # -1: every known value goes right
    missing_left: Bools


@dataclass(frozen=True, kw_only=True)
class Groups:
    """Rows grouped by their node, with the rewards that matter there."""

    order: Int32s  # row numbers, group by group
    bounds: Indices  # (groups + 1,) where each group begins in order
    cells: Floats  # (>= rows, c) the rewards of each row of order, classes that count first
    counts: Indices  # (groups,) how many classes count
    totals: Doubles  # (groups, c) the cells' sums


def group_rewards(
    rewards: Floats,
    rows: Int32s,
    slot: Int32s,
    totals: Doubles,
    counted: Bools,
) -> Groups:
    """Group `rows` by `slot`, the group number of each row.

    `totals` (groups, c) are the rewards summed by group. In group k only the classes in
    `counted[k]` matter, and only rows with a reward for one of them.
    """
    from crembo_cli.students.tree.kernels import gather

    groups = len(totals)
    order = rows[np.argsort(slot.astype(np.min_scalar_type(groups)), kind="stable")]
    bounds = np.concatenate([[0], np.cumsum(np.bincount(slot, minlength=groups))])
    classes = np.argsort(~counted, axis=1, kind="stable")
    counts = counted.sum(axis=1)
    cells = np.empty((len(rows), int(counts.max())), np.float32)
    gather(rewards, classes, counts, order, bounds, cells)
    return Groups(
        order=order,
        bounds=bounds,
        cells=cells,
        counts=counts,
        totals=np.take_along_axis(totals, classes, axis=1),
    )


def by_entropy(bins: Bins, groups: Groups, threads: int) -> Splits:
    """The splits with the smallest summed entropy of the rewards; neither side is empty."""
    from crembo_cli.students.tree.kernels import ENTROPY

    return _by_class(bins, groups, ENTROPY, threads)


def by_labels(bins: Bins, groups: Groups, threads: int) -> Splits:
    """The splits with the largest reward when each side has its best label."""
    from crembo_cli.students.tree.kernels import LABELS

    return _by_class(bins, groups, LABELS, threads)


def by_gain(
    bins: Bins, rows: Int32s, slot: Int32s, gain: Floats, slots: int, threads: int
) -> Splits:
    """The splits whose left side has the largest sum of `gain`; `gain` and `slot` are by row."""
    from crembo_cli.students.tree.kernels import best_gain_splits

    def scan(begin: int, end: int, *found: object) -> None:
        best_gain_splits(bins.codes, bins.widths, begin, end, rows, slot, gain, *found)

    return _best(scan, bins, slots, len(rows), threads)


def by_means(
    bins: Bins,
    rows: Int32s,
    slot: Int32s,
    targets: Floats,
    slots: int,
    least: int,
    threads: int,
) -> Splits:
    """The splits after which the means of the sides tell most of `targets`, float32 (n, c).

    Each side has at least `least` of the `rows`, whose group is `slot`. The score is how far the
    summed squared distance from the mean falls.
    """
    from crembo_cli.students.tree.kernels import best_mean_splits

    order = rows[np.argsort(slot.astype(np.min_scalar_type(slots)), kind="stable")]
    bounds = np.concatenate([[0], np.cumsum(np.bincount(slot, minlength=slots))])
    cells = targets[order]

    def scan(begin: int, end: int, *found: object) -> None:
        best_mean_splits(bins.codes, bins.widths, begin, end, order, bounds, cells, least, *found)

    return _best(scan, bins, slots, len(rows) * targets.shape[1], threads)


def _by_class(bins: Bins, groups: Groups, goal: int, threads: int) -> Splits:
    from crembo_cli.students.tree.kernels import best_class_splits

    def scan(begin: int, end: int, *found: object) -> None:
        best_class_splits(
            bins.codes, bins.widths, begin, end, groups.order, groups.bounds, groups.cells,
            groups.counts, groups.totals, goal, *found,
        )  # fmt: skip

    work = len(groups.order) * groups.cells.shape[1]
    return _best(scan, bins, len(groups.counts), work, threads)


def _best(scan: Scan, bins: Bins, slots: int, work: int, threads: int) -> Splits:
    p = len(bins.codes)
    score = np.empty((p, slots))
    cuts = np.zeros((p, slots), np.int16)
    missing = np.zeros((p, slots), np.int8)
    in_threads(
        lambda begin, end: scan(begin, end, score, cuts, missing),
        p, threads, work=p * (work + 256 * slots),
    )  # fmt: skip
    feature = np.argmax(score, axis=0)  # ties: the lowest, on any number of threads
    each = np.arange(slots)
    return Splits(
        score=score[feature, each],
        feature=feature.astype(np.int32),
        cut=cuts[feature, each].astype(np.int64),
        missing_left=missing[feature, each] == 1,
    )
