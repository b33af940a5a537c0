"""Paired differences of the metrics of two students on the same rows, with 95 % intervals."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from crembo_cli.arrays import Bools, Indices, Reals
from crembo_cli.core.beliefs import depth_by_row, insensitive_depth
from crembo_cli.dataset.labelled import LabelledTable
from crembo_cli.evaluation import scores
from crembo_cli.evaluation.metrics import Prediction, as_decimal

QUANTILE = 1.959964  # of the normal distribution: 95 % lie within this many standard errors
DELTA = 0.05  # the share of rows that the compared insensitive depth leaves out
DEPTH = f"insensitive_depth.{DELTA:g}"
RESAMPLES = 400  # of the rows, for the interval of that depth
COMPARED = (
    "accuracy",
    "balanced_accuracy",
    "fidelity",
    DEPTH,
    "mean_belief",
    "log_loss",
    "kl",
    "brier",
    "roc_auc",
)


@dataclass(frozen=True, kw_only=True)
class Delta:
    """The metric of the second student less that of the first."""

    value: float
    low: float  # the 95 % interval
    high: float


def deltas_of(
    test: LabelledTable, a: Prediction, b: Prediction, *, teacher: bool, seed: int
) -> dict[str, Delta | None]:
    """Compare what two students predict for the rows of `test`: by metric; None if unknown.

    The interval of a share of rows is that of Agresti and Min, of a depth the bootstrap's (by
    `seed`), of all others 1.96 standard errors over the rows. `teacher`: whether the beliefs of
    `test` are those of a teacher.
    """
    y = test.y_true
    expected = test.teacher_labels() if teacher else None
    found: dict[str, Delta | None] = dict.fromkeys(COMPARED)
    if y is not None:
        found["accuracy"] = _share(a.labels == y, b.labels == y)
        weights = 1.0 / np.bincount(y)[y] / len(np.unique(y)) * len(y)
        found["balanced_accuracy"] = _mean(weights * (a.labels == y), weights * (b.labels == y))
    if expected is not None:
        rewards = test.rewards()
        depths = depth_by_row(rewards, a.labels), depth_by_row(rewards, b.labels)
        found["fidelity"] = _share(a.labels == expected, b.labels == expected)
        found["mean_belief"] = _mean(*depths)
        found[DEPTH] = _depth(*depths, seed)
    P, Q = a.probabilities, b.probabilities
    if P is None or Q is None:
        return found
    if expected is not None:
        found["kl"] = _mean(scores.kl_by_row(test.beliefs, P), scores.kl_by_row(test.beliefs, Q))
    if y is not None:
        found["log_loss"] = _mean(scores.log_loss_by_row(P, y), scores.log_loss_by_row(Q, y))
        hit = np.eye(P.shape[1])[y]
        found["brier"] = _mean(*(((hit - each) ** 2).sum(axis=1) / 2 for each in (P, Q)))
        found["roc_auc"] = _area(P, Q, y)
    return found


def paired_interval(value: float, apart: float, n: int) -> tuple[float, float]:
    """Bound a difference of two shares of the same n rows, `apart` of which tell them apart.

    The interval of Agresti and Min (2005), with 95 % confidence: it stays honest where few rows,
    or none, tell the two apart.
    """
    centre = value * n / (n + 2)
    error = math.sqrt(apart + 1 - (value * n) ** 2 / (n + 2)) / (n + 2)
    return centre - QUANTILE * error, centre + QUANTILE * error


def _share(a: Bools, b: Bools) -> Delta:
    value = float(np.mean(b) - np.mean(a))
    low, high = paired_interval(value, float(np.sum(a != b)), len(a))
    return Delta(value=value, low=low, high=high)


def _mean(a: Reals, b: Reals) -> Delta:
    """Compare the means of two parts of each row (n,)."""
    each = b.astype(np.float64) - a.astype(np.float64)
    value, error = float(each.mean()), float(each.std() / math.sqrt(len(each)))
    return Delta(value=value, low=value - QUANTILE * error, high=value + QUANTILE * error)


def _area(P: Reals, Q: Reals, y: Indices) -> Delta | None:
    """Compare the areas under the ROC curves; None if all rows have one class."""
    parts = []
    for each in (P, Q):
        area, influence = scores.roc_auc(each, y), scores.auc_influence(each, y)
        if area is None or influence is None:
            return None
        parts.append(area + influence)
    return _mean(*parts)


def _depth(a: Reals, b: Reals, seed: int) -> Delta:
    """Compare the insensitive depths; both are resampled together."""
    rng = np.random.default_rng([seed, 4])
    found = [
        insensitive_depth(b[rows], DELTA) - insensitive_depth(a[rows], DELTA)
        for rows in (rng.integers(len(a), size=len(a)) for _ in range(RESAMPLES))
    ]
    low, high = np.quantile(found, (0.025, 0.975)).tolist()
    value = insensitive_depth(b, DELTA) - insensitive_depth(a, DELTA)
    return Delta(value=as_decimal(value), low=low, high=high)
