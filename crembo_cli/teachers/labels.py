"""Labels that a teacher gives itself: as beliefs, and as a check on its probabilities."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from crembo_cli.errors import TeacherError
from crembo_cli.teachers.contract import Beliefs

RARELY = 0.01  # share of rows above which a disagreement is worth a sentence
CLOSE = 1e-6  # beliefs nearer than this are a tie


def one_hot(labels: NDArray[np.int64], classes: int, rows: Sequence[int]) -> Beliefs:
    """Certain beliefs, float32 (n, c), from class indices (n,).

    Raises:
        TeacherError: a label outside 0..c-1, named by its row's number in `rows`.
    """
    unknown = np.flatnonzero((labels < 0) | (labels >= classes))
    if unknown.size:
        raise TeacherError(
            f"the teacher gives row {rows[unknown[0]]} a label that is none of its classes",
            wanted=f"one of {classes} classes",
        )
    certain: Beliefs = np.eye(classes, dtype=np.float32)[labels]
    return certain


def share_differing(labels: NDArray[np.int64], beliefs: Beliefs) -> float:
    """The share of rows whose label, a class index, is not a most probable class; ties count
    as agreement.
    """
    return float(_differing(labels, beliefs).mean())


def refuse_unproved(labels: NDArray[np.int64], beliefs: Beliefs) -> None:
    """Raises TeacherError where labels, taken for the outputs' numbers, are something else."""
    differing = _differing(labels, beliefs)
    if differing.mean() > RARELY:
        row = int(differing.argmax())
        raise TeacherError(
            "which class each of the teacher's scores belongs to could not be found",
            found=f"the label {labels[row]} where the largest score is number"
            f" {beliefs[row].argmax()}, counted from 0",
            hint="save the model with its scores alone; its classes are then numbered from 0",
        )


def _differing(labels: NDArray[np.int64], beliefs: Beliefs) -> NDArray[np.bool_]:
    known = (labels >= 0) & (labels < beliefs.shape[1])
    own = np.take_along_axis(beliefs, np.where(known, labels, 0)[:, None], axis=1)[:, 0]
    return np.asarray(~known | (own < beliefs.max(axis=1) - CLOSE))
