"""Paired differences between the student and the other classifiers, with their standard errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crembo_cli.arrays import Indices
from crembo_cli.evaluation.measured import Measured
from crembo_cli.evaluation.metrics import measure
from crembo_cli.evaluation.totals import Moments


@dataclass(frozen=True, kw_only=True)
class Difference:
    """The student's metric less another classifier's, on the same rows."""

    value: float
    error: float  # the standard error of `value` over the rows


@dataclass(frozen=True, kw_only=True)
class Differences:
    """The differences from one classifier; None where a metric of either is None."""

    accuracy: Difference | None
    fidelity: Difference | None
    log_loss: Difference | None
    kl: Difference | None
    roc_auc: Difference | None


def differences_of(measured: Measured) -> dict[str, Differences]:
    """Compare the student, the first of the classifiers that were measured, with all others.

    The standard error of a difference of areas is estimated from the rows that are held.
    """
    (student, *others) = measured.totals.each
    found = {}
    for name in others:
        pair, rows = measured.totals.pairs[name], measured.totals.rows
        found[name] = Differences(
            accuracy=_of_counts(pair.right, rows),
            fidelity=_of_counts(pair.faithful, rows),
            log_loss=_difference(pair.costs["log_loss"]),
            kl=_difference(pair.costs["kl"]),
            roc_auc=_of_areas(measured, student, name),
        )
    return found


def _of_counts(only: tuple[Indices | int, Indices | int] | None, rows: int) -> Difference | None:
    """Compare two shares of `rows` rows; `only` counts those of one of the two, by class."""
    if only is None:
        return None
    more, less = (np.atleast_1d(np.asarray(each)) for each in only)
    return _difference(Moments.of_counts(more, less, rows, np.ones(len(more))))


def _of_areas(measured: Measured, name: str, other: str) -> Difference | None:
    areas = [measure(measured.totals.each[each]).roc_auc for each in (name, other)]
    error = measured.area_error(name, other)
    if areas[0] is None or areas[1] is None or error is None:
        return None
    return Difference(value=areas[0] - areas[1], error=error)


def _difference(moments: Moments | None) -> Difference | None:
    return None if moments is None else Difference(value=moments.mean, error=moments.error())
