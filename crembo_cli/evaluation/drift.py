"""Drift: how today's rows differ from those that a student was fitted on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt

import numpy as np

from crembo_cli.arrays import UNSEEN, Indices
from crembo_cli.dataset.labelled import LabelledTable
from crembo_cli.evaluation.metrics import Metrics
from crembo_cli.student_file.summary import ColumnSummary, TrainingSummary

SIGNIFICANT = 0.01  # a column differs if its p-value, times the number of columns, is below this
LARGE = 0.1  # a column that differs has moved if its population stability index is at least this
FEWEST = 5.0  # expected rows in each cell of the chi-squared test
MOST_UNSEEN = 10  # categories of a column that are named
# The figures of a student that its file keeps of its test rows, and `evaluate` measures again.
FIGURES = (
    "accuracy",
    "balanced_accuracy",
    "fidelity",
    "log_loss",
    "kl",
    "brier",
    "roc_auc",
    "average_precision",
    "calibration_error",
)
SHARES = ("accuracy", "fidelity")  # of rows: those whose standard error the counts give


@dataclass(frozen=True, kw_only=True)
class Shift:
    """How far one distribution moved."""

    psi: float  # population stability index
    p_value: float  # of the chi-squared test of homogeneity, Bonferroni-corrected
    moved: bool  # see SIGNIFICANT and LARGE


@dataclass(frozen=True, kw_only=True)
class ColumnDrift(Shift):
    """How far one column moved."""

    name: str
    missing_then: float  # share of the training rows
    missing: float  # share of today's rows
    median_then: float | None  # to the width of a bin; None for text, and without values
    median: float | None
    unseen_rows: int | None  # rows with a category that no training row has; None for a number
    unseen: dict[str, int]  # the most frequent of these categories, with their rows


@dataclass(frozen=True, kw_only=True)
class Drift:
    """Today's rows beside the rows that the student was fitted on, and its figures then and now."""

    training_rows: int
    max_psi: float  # of a column that differs significantly; 0 if none does
    moved: int  # number of columns that moved
    unseen_rows: int  # rows with at least one category that no training row has
    predictions: Shift  # of the predicted classes
    columns: list[ColumnDrift]  # the largest index first
    then: dict[str, float | None]  # figures on the test rows of the run that fitted the student
    change: dict[str, float | None]  # today's figure less that one
    error: dict[str, float | None]  # the standard error of that change


def drift_of(
    summary: TrainingSummary,
    today: LabelledTable,
    predicted: Indices,
    *,
    then: Mapping[str, float | None],
    then_rows: int,
    now: Metrics,
    now_rows: int,
) -> Drift:
    """Compare the rows of `today` with the training rows in `summary`.

    `predicted` (n,) are the student's classes, by its own numbers. `then` are its figures on
    `then_rows` test rows, `now` those on `now_rows` rows, of which `today` may hold some only.
    """
    features = today.encoding.features
    tests = len(features)
    unseen = np.zeros(len(today.rows), np.bool_)
    columns = []
    for j, (feature, each) in enumerate(zip(features, summary.columns, strict=True)):
        column = today.rows[:, j]
        names: dict[str, int] = {}
        count = None
        if feature.categories:
            new = column == UNSEEN
            unseen |= new
            count = int(new.sum())
            found = today.frame[feature.name][new].value_counts()
            ranked = sorted(found.items(), key=lambda pair: (-pair[1], str(pair[0])))
            names = {str(name): int(rows) for name, rows in ranked[:MOST_UNSEEN]}
        counts = each.count(column, text=bool(feature.categories))
        known = column[~np.isnan(column)]
        number = len(known) > 0 and not feature.categories
        shift = shift_of(each.all_counts(), counts, tests)
        columns.append(
            ColumnDrift(
                psi=shift.psi,
                p_value=shift.p_value,
                moved=shift.moved,
                name=feature.name,
                missing_then=each.missing / summary.rows,
                missing=float(counts[-1] / len(column)),
                median_then=_median(each) if not feature.categories else None,
                median=float(np.quantile(known, 0.5, method="inverted_cdf")) if number else None,
                unseen_rows=count,
                unseen=names,
            )
        )
    classes = np.bincount(predicted, minlength=len(summary.predicted))
    change = {name: _change(getattr(now, name), then.get(name)) for name in FIGURES}
    rows = then_rows, now_rows
    return Drift(
        training_rows=summary.rows,
        max_psi=max((each.psi for each in columns if each.p_value < SIGNIFICANT), default=0.0),
        moved=sum(each.moved for each in columns),
        unseen_rows=int(unseen.sum()),
        predictions=shift_of(np.array(summary.predicted), classes, 1),
        columns=sorted(columns, key=lambda each: -each.psi),
        then={name: then.get(name) for name in FIGURES},
        change=change,
        error={
            name: _error(getattr(now, name), then.get(name), rows)
            for name in FIGURES
            if name in SHARES
        },
    )


def shift_of(then: Indices, now: Indices, tests: int) -> Shift:
    """Compare the counts of the same bins; `tests` such comparisons are made at once."""
    psi = population_stability_index(then, now)
    p_value = min(1.0, tests * homogeneity_p_value(then, now))
    return Shift(psi=psi, p_value=p_value, moved=p_value < SIGNIFICANT and psi >= LARGE)


def population_stability_index(then: Indices, now: Indices) -> float:
    """Return the sum of (q - p) ln(q / p) over the bins, p and q being the shares of the rows.

    `then` and `now` are counts of the same bins. An empty bin counts as half a row, and a bin
    that is empty in both is left out: without that, the index would be infinite or undefined.
    """
    some = (then > 0) | (now > 0)
    p, q = (np.maximum(each[some], 0.5) / each.sum() for each in (then, now))
    return float(np.sum((q - p) * np.log(q / p)))


def homogeneity_p_value(then: Indices, now: Indices) -> float:
    """Return the p-value of Pearson's chi-squared test that both counts have one distribution.

    Neighbouring bins are merged until at least FEWEST rows are expected in each cell; if fewer
    than two bins are left, there are too few rows to tell and the p-value is 1.
    """
    from scipy.special import chdtrc  # scipy.stats, which has it too, takes a second to import

    shares = np.array([then.sum(), now.sum()]) / (then.sum() + now.sum())
    merged: list[Indices] = []
    waiting = np.zeros(2, np.int64)
    for pair in np.column_stack([then, now]):
        waiting = waiting + pair
        if waiting.sum() * shares.min() >= FEWEST:
            merged.append(waiting)
            waiting = np.zeros(2, np.int64)
    if merged:
        merged[-1] = merged[-1] + waiting
    if len(merged) < 2:
        return 1.0
    counts = np.array(merged, np.float64)
    expected = counts.sum(axis=1, keepdims=True) * shares
    statistic = float(np.sum((counts - expected) ** 2 / expected))
    return float(chdtrc(len(merged) - 1, statistic))


def _median(column: ColumnSummary) -> float | None:
    """Return the upper edge of the bin with the median; None if it is the last bin."""
    reached = np.cumsum(column.counts[:-1]) >= sum(column.counts) / 2
    return column.edges[int(reached.argmax())] if reached.any() else None


def _change(now: float | None, then: float | None) -> float | None:
    return None if now is None or then is None else now - then


def _error(now: float | None, then: float | None, rows: tuple[int, int]) -> float | None:
    """Return the standard error of the difference of two shares of independent rows."""
    if now is None or then is None:
        return None
    return sqrt(then * (1 - then) / rows[0] + now * (1 - now) / rows[1])
