"""Measures of class probabilities: proper scores, ranking and calibration.

`Q` is what a classifier predicts and `P` what its teacher does, both (n, c), rows sum to 1; `y`
is the true class indices (n,). Measures of one class against the others are those of the rarer
of two classes, and the mean over the classes otherwise; see `compared_classes`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from crembo_cli.arrays import Bools, Doubles, Indices, Reals

# Of the probabilities in log loss and KL divergence: the resolution of float32, in which an ONNX
# file stores them. A predicted 0 costs 15.9, not infinity.
FLOOR = float(np.finfo(np.float32).eps)
BINS = 10  # of the calibration error

Measure = Callable[[Bools, Doubles], float]  # rows of a class (n,), its probabilities (n,)


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


def brier_score(Q: Reals, y: Indices) -> float:
    """Return half the mean squared distance from the one-hot labels: in [0, 1]."""
    hot = np.eye(Q.shape[1])[y]
    return float(((_normalised(Q) - hot) ** 2).sum(axis=1).mean() / 2)


def compared_classes(y: Indices, c: int) -> list[int]:
    """List the classes whose measures are averaged, of `c` classes in all.

    They have rows, and so do the others; of two classes it is the one with fewer rows, of equal
    ones the second. [] if all rows have one class.
    """
    rows = np.bincount(y, minlength=c)
    present = np.flatnonzero((rows > 0) & (rows < len(y))).tolist()
    return [0 if rows[0] < rows[1] else 1] if c == 2 and present else present


def roc_auc(Q: Reals, y: Indices) -> float | None:
    """Return the area under the ROC curve; None if all rows have one class."""
    return _mean_over_classes(_area, Q, y)


def average_precision(Q: Reals, y: Indices) -> float | None:
    """Return the area under the precision-recall curve; None if all rows have one class."""
    return _mean_over_classes(_average_precision, Q, y)


def calibration_error(Q: Reals, y: Indices) -> float | None:
    """Return the expected calibration error; None if all rows have one class."""
    return _mean_over_classes(_calibration_error, Q, y)


def calibration_bins(hit: Bools, likely: Doubles) -> tuple[Doubles, Doubles, Doubles]:
    """Put rows in at most BINS bins of equal counts by the probability `likely` (n,) of a class.

    Returns, for each bin that has rows, the mean probability, the share of rows that are of the
    class (`hit`, (n,)), and the share of all rows in the bin. Rows of equal probability are in
    one bin: otherwise the order of the rows would separate them.
    """
    edges = np.percentile(likely, np.linspace(0, 100, BINS + 1))
    at = np.searchsorted(edges[1:-1], likely)
    rows = np.bincount(at, minlength=BINS)
    some = rows > 0
    sums, hits = (np.bincount(at, each, minlength=BINS)[some] for each in (likely, hit))
    return sums / rows[some], hits / rows[some], rows[some] / len(likely)


def auc_influence(Q: Reals, y: Indices) -> Doubles | None:
    """Return the influence of each row on `roc_auc`, float64 (n,), of mean 0; or None.

    The area is a mean over pairs of rows. A row's influence is how far its own share of wins is
    from the area, over the share of rows of its side (DeLong, DeLong & Clarke-Pearson 1988); the
    standard error of the area, and of a difference of two, is the root of the sum of squares
    over n.
    """
    classes = compared_classes(y, Q.shape[1])
    if not classes:
        return None
    each = [_influence(y == k, Q[:, k].astype(np.float64)) for k in classes]
    return np.asarray(np.mean(each, axis=0), np.float64)


# scikit-learn has these two as well: its checks of the arguments take a hundred times as long as
# the sums over a test table, and its import a second.
def _area(hit: Bools, likely: Doubles) -> float:
    own = int(hit.sum())
    wins = _ranks(likely)[hit].sum() - own * (own + 1) / 2
    return float(wins / (own * (len(hit) - own)))


def _average_precision(hit: Bools, likely: Doubles) -> float:
    _, at, rows = np.unique(-likely, return_inverse=True, return_counts=True)
    hits = np.bincount(at, hit)
    return float(np.sum(hits * hits.cumsum() / rows.cumsum()) / hit.sum())


def _ranks(values: Doubles) -> Doubles:
    """Rank from 1; equal values share the mean of their ranks."""
    _, at, rows = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((rows.cumsum() - (rows - 1) / 2)[at], np.float64)


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


def _calibration_error(hit: Bools, likely: Doubles) -> float:
    mean, share, weight = calibration_bins(hit, likely)
    return float(np.sum(weight * np.abs(mean - share)))


def _mean_over_classes(measure: Measure, Q: Reals, y: Indices) -> float | None:
    classes = compared_classes(y, Q.shape[1])
    if not classes:
        return None
    return float(np.mean([measure(y == k, Q[:, k].astype(np.float64)) for k in classes]))


def _normalised(Q: Reals) -> Doubles:
    """Convert to float64 with rows that sum to 1: in float32 they are off by the last bits."""
    each = Q.astype(np.float64)
    return np.asarray(each / each.sum(axis=1, keepdims=True), np.float64)
