"""Depth on the rows a student met, its whole curve, and what holds for rows not seen."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from crembo_cli.assessment import DELTAS, as_decimal
from crembo_cli.core.beliefs import depth_by_row, empirical_depth, insensitive_depth, mean_belief
from crembo_cli.evidence import Evidence
from crembo_cli.robustness.bounds import share_at_least, share_at_most
from crembo_cli.robustness.model import BELOW, CONFIDENCE, Bounds, Curve, Depths
from crembo_cli.students.contract import Floats, Indices

STEPS = 100  # the curve has a point at each 1/100


def depths_on(beliefs: Floats, said: Indices) -> Depths:
    """Depth of a classifier that says `said` (n,) on rows with `beliefs` (n, c)."""
    depths = depth_by_row(beliefs, said)
    return Depths(
        rows=len(depths),
        depth=as_decimal(empirical_depth(depths)),
        insensitive_depth={
            f"{delta:g}": as_decimal(insensitive_depth(depths, delta)) for delta in DELTAS
        },
        mean_belief=mean_belief(depths),
    )


def curve_on(beliefs: Floats, answers: Mapping[str, Indices], *, fitted_on: bool) -> Curve:
    """The curves of all `answers` (the report's names -> (n,)) on rows with `beliefs` (n, c).

    Of rows that the student was `fitted_on` nothing follows for others.
    """
    d = np.arange(STEPS + 1) / STEPS
    n = len(beliefs)
    counts = {name: rows_below(depth_by_row(beliefs, said), d) for name, said in answers.items()}
    shares = {name: (count / n).tolist() for name, count in counts.items()}
    return Curve(
        d=d.tolist(),
        student=shares["student"],
        at_most=None if fitted_on else share_at_most(counts["student"], n, CONFIDENCE).tolist(),
        teacher=shares["teacher"],
        baseline_labels=shares.get("baseline_labels"),
        baseline_teacher=shares.get("baseline_teacher"),
    )


def bounds_on(test: Evidence, said: Indices, *, teacher: bool, fitted_on: bool) -> Bounds:
    """What holds, with CONFIDENCE, for rows like those of `test`; `teacher`: whether one is known.

    Each number alone holds with that confidence; all of them together with less. Of rows that
    the student was `fitted_on` nothing follows for others.
    """
    if fitted_on:
        return Bounds(
            fitted_on=True, confidence=CONFIDENCE, accuracy=None, fidelity=None, below=None
        )
    n = len(said)

    def at_least(right: Indices | None) -> float | None:
        return None if right is None else share_at_least(int((said == right).sum()), n, CONFIDENCE)

    below = None
    if teacher:
        counts = rows_below(depth_by_row(test.beliefs, said), np.array(BELOW))
        found = share_at_most(counts, n, CONFIDENCE)
        below = {f"{d:g}": float(share) for d, share in zip(BELOW, found, strict=True)}
    return Bounds(
        fitted_on=False,
        confidence=CONFIDENCE,
        accuracy=at_least(test.truth),
        fidelity=at_least(test.said() if teacher else None),
        below=below,
    )


def rows_below(depths: NDArray[np.floating], d: NDArray[np.float64]) -> Indices:
    """How many of `depths` (n,) lie below each of `d` (k,): int64 (k,).

    Compared in the dtype of the depths, so that a belief of 0.7 does not lie below 0.7.
    """
    return np.asarray(np.searchsorted(np.sort(depths), d.astype(depths.dtype)), np.int64)
