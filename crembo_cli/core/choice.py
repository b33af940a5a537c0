"""Which student of a path to keep, by rows that were not fitted on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from crembo_cli.core.beliefs import (
    Floats,
    Labels,
    depth_by_row,
    empirical_depth,
    insensitive_depth,
    mean_belief,
)


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What one student of a path is worth on rows that were not fitted on."""

    depth: float  # empirical depth
    insensitive_depth: float  # at the run's delta
    mean_belief: float
    standard_error: float  # of the mean belief
    fidelity: float  # on the real rows among them
    accuracy: float | None  # on the same; None where there are no labels


def judge(
    P: Floats, said: Labels, delta: float, teacher: Labels, truth: Labels | None
) -> Judgement:
    """Judge a student that says `said` (n,) on rows with beliefs P (n, c).

    The first m rows are real: `teacher` (m,) is what the teacher says there, and `truth` (m,)
    their true labels, or None.
    """
    depths = depth_by_row(P, said)
    real = said[: len(teacher)]
    return Judgement(
        depth=empirical_depth(depths),
        insensitive_depth=insensitive_depth(depths, delta),
        mean_belief=mean_belief(depths),
        standard_error=float(np.std(depths, dtype=np.float64) / np.sqrt(len(depths))),
        fidelity=float(np.mean(real == teacher)),
        accuracy=None if truth is None else float(np.mean(real == truth)),
    )


def choose_by_depth(judgements: Sequence[Judgement]) -> int:
    """The deepest of the students that believe no less than the best, up to chance.

    Among those whose mean belief is within one standard error of the best, the one with the
    largest insensitive depth; of equals the one with the larger mean belief, then the first.
    """
    best = max(judgements, key=lambda judged: judged.mean_belief)
    floor = best.mean_belief - best.standard_error
    close = [k for k, judged in enumerate(judgements) if judged.mean_belief >= floor]
    return max(close, key=lambda k: (judgements[k].insensitive_depth, judgements[k].mean_belief))


def choose_by_accuracy(judgements: Sequence[Judgement]) -> int:
    """The most accurate student, the first of equals (the paper's Algorithm 2).

    Without labels, the one that says most often what the teacher says.
    """
    scores = [each.fidelity if each.accuracy is None else each.accuracy for each in judgements]
    return int(np.argmax(scores))
