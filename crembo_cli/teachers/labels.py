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
            f"the teacher gives row {rows[unknown[0]]} a label that it never gave before",
            wanted=f"one of {classes} classes",
        )
    return np.eye(classes, dtype=np.float32)[labels]


def check_labels(labels: NDArray[np.int64] | None, beliefs: Beliefs, *, traced: bool) -> list[str]:
    """What there is to say of a teacher whose labels are not its most probable classes.

    `traced` tells that the labels' classes were found in the model; otherwise they were taken
    for the outputs' numbers, and must prove it.

    Raises:
        TeacherError: they were not found, and the labels are no numbers of outputs.
    """
    if labels is None:
        return []
    classes = beliefs.shape[1]
    known = (labels >= 0) & (labels < classes)
    own = np.take_along_axis(beliefs, np.where(known, labels, 0)[:, None], axis=1)[:, 0]
    differs = ~known | (own < beliefs.max(axis=1) - CLOSE)
    share = float(differs.mean())
    if not traced and share > RARELY:
        raise TeacherError(
            "which class each of the teacher's scores belongs to could not be found",
            found=f"labels such as {int(labels[differs.argmax()])} where the largest score is"
            f" number {int(beliefs[differs.argmax()].argmax())}",
            hint="save the model with its scores alone; its classes are then numbered from 0",
        )
    if share <= RARELY:
        return []
    return [
        f"the teacher's own labels are not its most probable classes on {share:.1%} of the rows;"
        " its probabilities are what counts here"
    ]
