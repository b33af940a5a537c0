"""Paired differences of the metrics of two students on the same rows, with 95 % intervals."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from crembo_cli.arrays import Indices
from crembo_cli.core.beliefs import depth_by_row, insensitive_depth
from crembo_cli.evaluation.measured import Measured
from crembo_cli.evaluation.metrics import as_decimal, depth_of, measure
from crembo_cli.evaluation.totals import Moments

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


def deltas_of(measured: Measured, *, seed: int) -> dict[str, Delta | None]:
    """Compare the students A and B that were measured on the same rows: by metric; None if unknown.

    The interval of a share of rows is that of Agresti and Min, of a depth the bootstrap's (by
    `seed`), of all others 1.96 standard errors over the rows. Where fewer rows are held than are
    measured, the widths of the intervals of depth and ROC AUC are estimated from those, and hold
    for all measured rows.
    """
    totals = measured.totals
    pair, n = totals.pairs["b"], totals.rows
    a, b = (measure(totals.each[name]) for name in "ab")
    found: dict[str, Delta | None] = dict.fromkeys(COMPARED)
    if pair.right is not None and totals.labels is not None:
        only_a, only_b = pair.right
        found["accuracy"] = _share(int(only_b.sum()), int(only_a.sum()), n)
        labels = totals.labels
        weights = n / np.maximum(labels, 1) / np.count_nonzero(labels)
        found["balanced_accuracy"] = _mean(Moments.of_counts(only_a, only_b, n, weights))
    if pair.faithful is not None:
        found["fidelity"] = _share(pair.faithful[1], pair.faithful[0], n)
        found[DEPTH] = _depth(measured, seed)
    found["mean_belief"] = _mean(pair.depth)
    found |= {name: _mean(pair.costs[name]) for name in ("log_loss", "kl", "brier")}
    error = measured.area_error("a", "b")
    if a.roc_auc is not None and b.roc_auc is not None and error is not None:
        found["roc_auc"] = _within(b.roc_auc - a.roc_auc, error)
    return found


def paired_interval(value: float, apart: float, n: int) -> tuple[float, float]:
    """Bound a difference of two shares of the same n rows, `apart` of which tell them apart.

    The interval of Agresti and Min (2005), with 95 % confidence: it stays honest where few rows,
    or none, tell the two apart.
    """
    centre = value * n / (n + 2)
    error = math.sqrt(apart + 1 - (value * n) ** 2 / (n + 2)) / (n + 2)
    return centre - QUANTILE * error, centre + QUANTILE * error


def _share(only_b: int, only_a: int, n: int) -> Delta:
    value = (only_b - only_a) / n
    low, high = paired_interval(value, only_b + only_a, n)
    return Delta(value=value, low=low, high=high)


def _mean(a_less_b: Moments | None) -> Delta | None:
    return None if a_less_b is None else _within(-a_less_b.mean, a_less_b.error())


def _within(value: float, error: float) -> Delta:
    return Delta(value=value, low=value - QUANTILE * error, high=value + QUANTILE * error)


def _depth(measured: Measured, seed: int) -> Delta | None:
    """Compare the insensitive depths; both are resampled together."""
    depths = [measured.totals.each[name].depths for name in "ab"]
    if depths[0] is None or depths[1] is None:
        return None
    value = depth_of(depths[1], DELTA) - depth_of(depths[0], DELTA)
    rewards = measured.held.rewards()
    a, b = (depth_by_row(rewards, measured.predicted[name].labels) for name in "ab")

    def difference(rows: Indices | slice) -> float:
        return insensitive_depth(b[rows], DELTA) - insensitive_depth(a[rows], DELTA)

    rng = np.random.default_rng([seed, 4])
    found = [difference(rng.integers(len(a), size=len(a))) for _ in range(RESAMPLES)]
    here, scale = difference(slice(None)), measured.scale()
    low, high = (
        value + (each - here) * scale for each in np.quantile(found, (0.025, 0.975)).tolist()
    )
    return Delta(value=as_decimal(value), low=low, high=high)
