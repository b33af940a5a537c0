"""The path of students: one for the beliefs themselves, one for each threshold."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from crembo_cli.arrays import Doubles, Floats, Reals
from crembo_cli.core.beliefs import allowed_labels
from crembo_cli.core.memo import Fit, S, Step


def threshold_grid(count: int) -> Doubles:
    """`count` thresholds, evenly spaced inside (0, 1), ascending."""
    return np.arange(1, count + 1) / (count + 1)


def crembo_path(
    fit: Fit[S],
    P: Reals,
    thresholds: Doubles,
    progress: Callable[[], None] = lambda: None,
) -> list[Step[S]]:
    """The soft-label student, then the students at `thresholds` (ascending), in that order.

    The soft-label student comes first because the average of the allowed labels over all thresholds
    is P itself; from it the thresholds are walked outwards from the middle, each fit starting
    from its neighbour's student. `progress` is called after each fit.
    """
    first = Step[S](student=fit(P, None), threshold=None)
    progress()
    middle = int(np.searchsorted(thresholds, 0.5))
    downwards = _walk(fit, P, thresholds[:middle][::-1], first.student, progress)
    upwards = _walk(fit, P, thresholds[middle:], first.student, progress)
    return [first, *downwards[::-1], *upwards]


def _walk(
    fit: Fit[S],
    P: Reals,
    thresholds: Doubles,
    start: S,
    progress: Callable[[], None],
) -> list[Step[S]]:
    steps: list[Step[S]] = []
    before: Floats | None = None
    for threshold in thresholds:
        allowed = allowed_labels(P, float(threshold))
        # Where no belief lies between two thresholds there is nothing new to learn.
        if before is None or not np.array_equal(allowed, before):
            start = fit(allowed, start)
        before = allowed
        steps.append(Step(student=start, threshold=float(threshold)))
        progress()
    return steps
