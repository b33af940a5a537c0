"""A teacher with softened probabilities: its logits, or log probabilities, over a temperature."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

from crembo_cli.arrays import Floats

if TYPE_CHECKING:
    import pandas as pd

    from crembo_cli.teachers.contract import Progress, Teacher

FLOOR = float(np.finfo(np.float32).eps)  # of a probability: the log of 0 is not finite
MIDDLE = 0.9  # auto: half of the rows are to have no larger probability
STEP, LARGEST = 1.1, 20.0  # auto tries 1, 1.1, 1.21, ... up to LARGEST


def soften(beliefs: Floats, temperature: float) -> Floats:
    """Return the softmax of log `beliefs` (n, c) over `temperature`, float32; 1 changes nothing."""
    if temperature == 1:
        return beliefs
    logits = np.log(np.maximum(beliefs.astype(np.float64), FLOOR)) / temperature
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)


def find_temperature(beliefs: Floats) -> float:
    """Return the lowest temperature at which half of the rows have no probability above MIDDLE."""
    temperature = 1.0
    while temperature < LARGEST and np.median(soften(beliefs, temperature).max(axis=1)) > MIDDLE:
        temperature = min(round(temperature * STEP, 4), LARGEST)
    return temperature


class SoftenedTeacher:
    """`teacher` with its probabilities softened; all else is its own."""

    def __init__(self, teacher: Teacher, temperature: float) -> None:
        self._teacher, self._temperature = teacher, temperature

    def __getattr__(self, name: str) -> Any:
        return getattr(self._teacher, name)

    def __reduce__(self) -> tuple[Any, ...]:
        """On its way to a worker, its parts go."""
        return SoftenedTeacher, (self._teacher, self._temperature)

    def beliefs(self, frame: pd.DataFrame, progress: Progress | None = None) -> Floats:
        """See `teachers.contract.Teacher.beliefs`."""
        return soften(self._teacher.beliefs(frame, progress), self._temperature)


def soften_teacher(teacher: Teacher, temperature: float) -> Teacher:
    """Return `teacher` at `temperature`; 1 returns it as it is."""
    return teacher if temperature == 1 else cast("Teacher", SoftenedTeacher(teacher, temperature))
