"""Means and standard errors of metrics over runs that differ in their seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

REPEATED = (
    "accuracy",
    "balanced_accuracy",
    "fidelity",
    "depth",
    "insensitive_depth.0.05",
    "mean_belief",
    "log_loss",
    "kl",
    "roc_auc",
    "agreement",
)


@dataclass(frozen=True, kw_only=True)
class RepeatedMetric:
    """One metric over all runs."""

    mean: float
    error: float  # standard deviation over the runs / sqrt(runs)


@dataclass(frozen=True, kw_only=True)
class Repeats:
    """The metrics of each classifier over all runs; None where a run lacks one."""

    seeds: list[int]
    metrics: dict[str, dict[str, RepeatedMetric | None]]  # by classifier, then by REPEATED


def summarise_repeats(
    seeds: Sequence[int], runs: Sequence[Mapping[str, Mapping[str, float | None]]]
) -> Repeats:
    """Summarise `runs`: the value of each of REPEATED, by classifier."""
    return Repeats(
        seeds=list(seeds),
        metrics={
            classifier: {
                name: _summary([run.get(classifier, {}).get(name) for run in runs])
                for name in REPEATED
            }
            for classifier in runs[0]
        },
    )


def _summary(values: Sequence[float | None]) -> RepeatedMetric | None:
    known = [each for each in values if each is not None]
    if len(known) < len(values):
        return None
    error = np.std(known, ddof=1) / np.sqrt(len(known))
    return RepeatedMetric(mean=float(np.mean(known)), error=float(error))
