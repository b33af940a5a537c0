"""MEMO: the deepest student by a binary search over thresholds (the paper's Algorithm 1)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from crembo_cli.arrays import Floats, Indices, Reals
from crembo_cli.core.beliefs import allowed_labels, depth_by_row, insensitive_depth

S = TypeVar("S")

Fit = Callable[[Floats, S | None], S]  # rewards and an earlier student -> a student
Predict = Callable[[S], Indices]  # a student -> its labels of the rows of P


@dataclass(frozen=True, kw_only=True)
class Step(Generic[S]):
    """One student and the threshold that it was fitted at."""

    student: S
    threshold: float | None  # None: fitted to the beliefs themselves


def memo(fit: Fit[S], predict: Predict[S], P: Reals, *, delta: float = 0.0) -> list[Step[S]]:
    """Every student the search fitted, the deepest one last.

    A student is consistent at threshold d when at most `delta * n` rows say a label with belief
    below d. The largest threshold with a consistent student is found by halving the sorted
    distinct beliefs; if `fit` returns a consistent student wherever one exists, the last step's
    student is the deepest of its family (Theorem 1; with delta = 0). Otherwise, as with any
    greedy learner, consistency need not be monotone and this is a heuristic: the deepest
    student that was seen is returned, whichever threshold it came from. Of equally deep ones,
    the first seen stays.
    """
    thresholds = np.unique(P)
    low, high = 0, len(thresholds) - 1
    steps: list[Step[S]] = []
    depths: list[float] = []
    start: S | None = None
    while low <= high:
        middle = (low + high) // 2
        threshold = float(thresholds[middle])
        student = fit(allowed_labels(P, threshold), start)
        depth = insensitive_depth(depth_by_row(P, predict(student)), delta)
        steps.append(Step(student=student, threshold=threshold))
        depths.append(depth)
        if depth >= threshold:
            # The student may be deeper than the threshold; skip all thresholds up to its depth.
            low = int(np.searchsorted(thresholds, depth, side="right"))
            start = student
        else:
            high = middle - 1
    deepest = int(np.argmax(depths))
    return steps[:deepest] + steps[deepest + 1 :] + [steps[deepest]]
