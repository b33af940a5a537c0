"""Measures of class probabilities: proper scores, ranking and calibration.

`Q` is what a classifier predicts and `P` what its teacher does, both (n, c), rows sum to 1; `y`
is the true class indices (n,). Measures of one class against the others are those of the rarer
of two classes, and the mean over the classes otherwise; see `compared_classes`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from crembo_cli.arrays import Bools, Doubles, Indices, Reals
from crembo_cli.evaluation.counts import Counts

# Of the probabilities in log loss and KL divergence: the resolution of float32, in which an ONNX
# file stores them. A predicted 0 costs 15.9, not infinity.
FLOOR = float(np.finfo(np.float32).eps)
BINS = 10  # of the calibration error

Measure = Callable[[Counts], float]  # of the probabilities of one class


def log_loss_by_row(Q: Reals, y: Indices) -> Doubles:
    """Return -log of the probability of the true class: float64 (n,)."""
    likely = Q[np.arange(len(y)), y].astype(np.float64)
    return np.asarray(-np.log(np.clip(likely, FLOOR, 1 - FLOOR)), np.float64)


def kl_by_row(P: Reals, Q: Reals) -> Doubles:
    """Return KL(P || Q) of each row, float64 (n,); 0 log 0 is 0, and Q is at least FLOOR."""
    expected, own = P.astype(np.float64), np.maximum(Q.astype(np.float64), FLOOR)
    some = expected > 0
    ratio = np.divide(expected, own, out=np.ones_like(expected), where=some)
    found = (expected * np.log(ratio)).sum(axis=1)
    return np.asarray(np.maximum(found, 0.0), np.float64)  # rounding makes a sum of 0 negative


def brier_by_row(Q: Reals, y: Indices) -> Doubles:
    """Return half the squared distance from the one-hot label: float64 (n,), in [0, 1]."""
    hot = np.eye(Q.shape[1])[y]
    return np.asarray(((_normalised(Q) - hot) ** 2).sum(axis=1) / 2, np.float64)


# What a classifier's probabilities cost at each row: a metric of that name is the mean.
FROM_LABELS = {"log_loss": log_loss_by_row, "brier": brier_by_row}  # of Q and y
FROM_TEACHER = {"kl": kl_by_row}  # of P and Q


def compared_classes(rows: Indices) -> tuple[int, ...]:
    """List the classes whose measures are averaged, by the number of rows of each class, (c,).

    They have rows, and so do the others; of two classes it is the one with fewer rows, of equal
    ones the second. () if all rows have one class.
    """
    present = tuple(np.flatnonzero((rows > 0) & (rows < rows.sum())).tolist())
    return (0 if rows[0] < rows[1] else 1,) if len(rows) == 2 and present else present


def roc_auc(likely: Sequence[Counts]) -> float | None:
    """Return the area under the ROC curve; None if all rows have one class.

    `likely` counts the probabilities of each of the `compared_classes`, as for all that follow.
    """
    return _mean_over_classes(_area, likely)


def average_precision(likely: Sequence[Counts]) -> float | None:
    """Return the area under the precision-recall curve; None if all rows have one class."""
    return _mean_over_classes(_average_precision, likely)


def calibration_error(likely: Sequence[Counts]) -> float | None:
    """Return the expected calibration error; None if all rows have one class."""
    return _mean_over_classes(_calibration_error, likely)


def calibration_bins(likely: Counts) -> tuple[Doubles, Doubles, Doubles]:
    """Put rows in at most BINS bins of equal counts by the probability of a class.

    Returns, for each bin that has rows, the mean probability, the share of rows that are of the
    class, and the share of all rows in the bin. Rows of equal probability are in one bin:
    otherwise the order of the rows would separate them.
    """
    values = likely.values.astype(np.float64)
    edges = likely.quantiles(np.linspace(0, 100, BINS + 1) / 100)
    at = np.searchsorted(edges[1:-1], values)
    rows, hits, sums = (
        np.bincount(at, each, minlength=BINS)
        for each in (likely.rows, likely.hits, values * likely.rows)
    )
    some = rows > 0
    return sums[some] / rows[some], hits[some] / rows[some], rows[some] / rows.sum()


def auc_influence(Q: Reals, y: Indices, classes: Sequence[int]) -> Doubles | None:
    """Return the influence of each row on `roc_auc` of `classes`, float64 (n,), of mean 0; or None.

    The area is a mean over pairs of rows. A row's influence is how far its own share of wins is
    from the area, over the share of rows of its side (DeLong, DeLong & Clarke-Pearson 1988); the
    standard error of the area, and of a difference of two, is the root of the sum of squares
    over n. None without classes, and where a class has no rows or all of them.
    """
    hits = [y == k for k in classes]
    if not hits or any(each.all() or not each.any() for each in hits):
        return None
    each = [
        _influence(hit, Q[:, k].astype(np.float64)) for hit, k in zip(hits, classes, strict=True)
    ]
    return np.asarray(np.mean(each, axis=0), np.float64)


# scikit-learn has these two as well: its checks of the arguments take a hundred times as long as
# the sums over a test table, and its import a second.
def _area(likely: Counts) -> float:
    own, others = likely.hits.sum(), (likely.rows - likely.hits).sum()
    ranks = likely.rows.cumsum() - (likely.rows - 1) / 2  # equal values share the mean rank
    wins = (ranks * likely.hits).sum() - own * (own + 1) / 2
    return float(wins / (own * others))


def _average_precision(likely: Counts) -> float:
    rows, hits = likely.rows[::-1], likely.hits[::-1]
    return float(np.sum(hits * hits.cumsum() / rows.cumsum()) / hits.sum())


def _calibration_error(likely: Counts) -> float:
    mean, share, weight = calibration_bins(likely)
    return float(np.sum(weight * np.abs(mean - share)))


def _mean_over_classes(measure: Measure, likely: Sequence[Counts]) -> float | None:
    return float(np.mean([measure(each) for each in likely])) if likely else None


def _influence(hit: Bools, likely: Doubles) -> Doubles:
    ranks, n = _ranks(likely), len(hit)
    found = np.empty(n)
    for side in (True, False):
        own = hit == side
        others = n - own.sum()
        # Ranks among all rows less ranks among its own: how many of the others lie below.
        below = (ranks[own] - _ranks(likely[own])) / others
        wins = below if side else 1.0 - below
        found[own] = (wins - wins.mean()) * n / own.sum()
    return found


def _ranks(values: Doubles) -> Doubles:
    """Rank from 1; equal values share the mean of their ranks."""
    _, at, rows = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((rows.cumsum() - (rows - 1) / 2)[at], np.float64)


def _normalised(Q: Reals) -> Doubles:
    """Convert to float64 with rows that sum to 1: in float32 they are off by the last bits."""
    each = Q.astype(np.float64)
    return np.asarray(each / each.sum(axis=1, keepdims=True), np.float64)
