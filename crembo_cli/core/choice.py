"""Select a student of a path, on rows that it was not fitted on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from crembo_cli.arrays import Indices, Reals
from crembo_cli.core.beliefs import (
    depth_by_row,
    empirical_depth,
    insensitive_depth,
    mean_belief,
)

GAIN = 2.0  # paired standard errors above which a student is significantly better


@dataclass(frozen=True, kw_only=True)
class StepScores:
    """Scores of one student of a path on rows that it was not fitted on."""

    depth: float  # empirical depth
    insensitive_depth: float  # at the run's delta
    mean_belief: float
    gain: float  # its mean belief less the first student's
    gain_error: float  # the standard error of the gain, computed with the number of real rows
    fidelity: float  # on the real rows among them
    accuracy: float | None  # on the same; None where there are no labels


def score_step(
    P: Reals,
    predicted: Indices,
    delta: float,
    teacher: Indices,
    y_true: Indices | None,
    first: Indices,
) -> StepScores:
    """Score a student with the labels `predicted` (n,) on rows with beliefs P (n, c).

    The first m rows are real: `teacher` (m,) holds the teacher's labels there, and `y_true` (m,)
    the true labels, or None. `first` (n,) holds the labels of the path's first student.

    Synthetic rows cluster around the real ones, so the standard error of the gain is computed
    with the number of real rows, m.
    """
    depths = depth_by_row(P, predicted)
    gains = np.subtract(depths, depth_by_row(P, first), dtype=np.float64)
    real = predicted[: len(teacher)]
    return StepScores(
        depth=empirical_depth(depths),
        insensitive_depth=insensitive_depth(depths, delta),
        mean_belief=mean_belief(depths),
        gain=float(np.mean(gains)),
        gain_error=float(np.std(gains) / np.sqrt(len(teacher))),
        fidelity=float(np.mean(real == teacher)),
        accuracy=None if y_true is None else float(np.mean(real == y_true)),
    )


def choose_by_depth(steps: Sequence[StepScores]) -> int:
    """The deepest of the students that are significantly better than the first, else the first.

    The first is the soft-label student, which has the best mean belief on the rows that it was
    fitted on. Another one is significantly better if its mean belief is higher by more than GAIN
    paired standard errors. Of those, take the one with the largest insensitive depth; of equals,
    the one with the larger mean belief, then the first.
    """
    ahead = [k for k, each in enumerate(steps) if each.gain > GAIN * each.gain_error]
    if not ahead:
        return 0
    return max(ahead, key=lambda k: (steps[k].insensitive_depth, steps[k].mean_belief))


def choose_by_accuracy(steps: Sequence[StepScores]) -> int:
    """The most accurate student, the first of equals (the paper's Algorithm 2).

    Without labels, the one with the highest fidelity.
    """
    scores = [each.fidelity if each.accuracy is None else each.accuracy for each in steps]
    return int(np.argmax(scores))
