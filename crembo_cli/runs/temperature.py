"""The option `--temperature`: soften the teacher before anything is fitted."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from crembo_cli.errors import UsageError

if TYPE_CHECKING:
    from crembo_cli.dataset.labelled import Splits
    from crembo_cli.runs.options import Progress
    from crembo_cli.student_file.metadata import StudentMetadata
    from crembo_cli.teachers.contract import Teacher

AUTO = None  # the temperature is found on the training rows
MOST = 1000.0


def parse_temperature(value: float | str) -> float | None:
    """Return the temperature, AUTO for "auto". Raises UsageError."""
    if value == "auto":
        return AUTO
    try:
        found = float(value)
    except ValueError:
        found = math.nan
    if not 0 < found <= MOST:
        raise UsageError(
            "invalid temperature",
            where="--temperature",
            found=repr(value),
            wanted=f"auto, or a number above 0 and at most {MOST:g}",
        )
    return found


def refuse_softened_decisions(temperature: float | None) -> None:
    """Raise UsageError for a temperature beside costs or a threshold of probabilities."""
    if temperature != 1:
        raise UsageError(
            "not available where costs or a threshold decide",
            where=f"--temperature {'auto' if temperature is None else f'{temperature:g}'}",
            found="--cost, --class-weight or --decide-at, or a teacher with a threshold",
            hint="softened probabilities would move these decisions; leave one of the two out",
        )


def soften_splits(splits: Splits, temperature: float | None) -> tuple[Splits, float]:
    """Soften the teacher's probabilities of all rows; also return the temperature.

    That of AUTO depends on the training rows alone.
    """
    if temperature == 1:
        return splits, 1.0
    from crembo_cli.teachers.softened import find_temperature, soften

    found = find_temperature(splits.train.beliefs) if temperature is AUTO else temperature
    return splits.with_beliefs(lambda beliefs: soften(beliefs, found)), found


def soften_as_trained(
    teacher: Teacher | None, student: StudentMetadata | None, progress: Progress
) -> Teacher | None:
    """Return `teacher` at the temperature that `student` was fitted with."""
    if teacher is None or student is None or student.temperature == 1:
        return teacher
    from crembo_cli.teachers.softened import soften_teacher

    progress.note(
        [f"the teacher is softened with temperature {student.temperature:g}, as in training"]
    )
    return soften_teacher(teacher, student.temperature)
