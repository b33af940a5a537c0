"""The rows of a refit: fewer, drawn again, or with wrong beliefs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from crembo_cli.core.resampling import owners, with_wrong_beliefs, wrong_classes
from crembo_cli.rows import Rows
from crembo_cli.students.contract import Indices

MOST_REAL = 16_000  # real rows that a refit draws from
MOST_ROWS = 8_000  # rows of a resample among which there are synthetic ones


def at_most(part: Rows, made: int, rng: np.random.Generator) -> Rows:
    """`part` with at most MOST_REAL real rows, and at most `made` synthetic ones."""
    return _taken(
        part,
        _drawn(np.arange(part.real), MOST_REAL, rng),
        _drawn(np.arange(part.real, len(part.rows)), made, rng),
    )


def _drawn(numbers: Indices, most: int, rng: np.random.Generator) -> Indices:
    if len(numbers) <= most:
        return numbers
    return np.sort(rng.choice(numbers, most, replace=False))


def _taken(part: Rows, real: Indices, made: Indices) -> Rows:
    both = np.concatenate([real, made])
    return replace(
        part,
        rows=part.rows[both],
        beliefs=part.beliefs[both],
        truth=None if part.truth is None else part.truth[real],
        real=len(real),
    )


def owners_of(fit: Rows) -> Indices:
    """The real row that each synthetic one goes with: int64 (n - real,)."""
    real = fit.rows[: fit.real]
    # A row of zeros beside them, so that a column without values has a deviation too.
    spread = np.nanstd(np.vstack([real, np.zeros_like(real[:1])]), axis=0, dtype=np.float64)
    scale = np.where(spread > 0, spread, 1.0).astype(np.float32)
    return owners(real, fit.rows[fit.real :], scale)


def resampled(fit: Rows, owner: Indices, drawn: Indices, rng: np.random.Generator) -> Rows:
    """The real rows `drawn`, and of the synthetic ones that go with them as many as may be."""
    theirs = fit.real + np.flatnonzero(np.isin(owner, drawn))
    return _taken(fit, drawn, _drawn(theirs, max(0, MOST_ROWS - len(drawn)), rng))


def contaminated(part: Rows, share: float, rng: np.random.Generator) -> Rows:
    """`part` with a wrong class believed in, and true, on `share` of its rows."""
    n, classes = part.beliefs.shape
    at = np.sort(rng.choice(n, round(share * n), replace=False))
    wrong = wrong_classes(part.beliefs[at].argmax(axis=1), classes, rng)
    truth = part.truth
    if truth is not None:
        real = at[at < part.real]
        truth = truth.copy()
        truth[real] = wrong_classes(truth[real], classes, rng)
    return replace(part, beliefs=with_wrong_beliefs(part.beliefs, at, wrong), truth=truth)
