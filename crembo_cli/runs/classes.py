"""Match the classes of a student with those of its teacher."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from crembo_cli.errors import StudentError, UsageError
from crembo_cli.students.contract import Indices

if TYPE_CHECKING:
    from crembo_cli.student_file.metadata import StudentMetadata
    from crembo_cli.teachers.contract import ClassLabel, Teacher


def names_of_student(
    names: Sequence[str] | None, student: Teacher, teacher: Teacher | None
) -> Sequence[str] | None:
    """`names`, of --classes, where they name the classes of a student that only numbers them.

    None where they name the classes of the teacher, or of a student without a teacher.
    """
    theirs = teacher is not None and student.numbered and not teacher.numbered
    return names if theirs else None


def stored_names(
    metadata: StudentMetadata | None, teacher: Teacher | None
) -> tuple[str, ...] | None:
    """The names that a student's file gives the classes of `teacher`; None without names.

    None too where its classes are known to be others: many are known once it has answered.
    """
    if metadata is None or metadata.names is None:
        return None
    known = () if teacher is None else teacher.classes
    return metadata.names if not known or list(known) == list(metadata.classes) else None


def match_student_classes(
    student: Teacher, reference: Teacher, names: Sequence[str] | None, where: str
) -> tuple[Indices, list[str]]:
    """For each class of `student` its index among the classes of `reference`, and notes.

    Both have answered a table, so that their classes are known; `names` are from
    `names_of_student`. Raises UsageError for too few or too many names, StudentError for classes
    that `reference` does not have.
    """
    own, theirs = student.classes, reference.classes
    if names is not None:
        if len(names) != len(own):
            raise UsageError(
                "--classes must name each class of the student",
                where=where,
                found=f"{len(names)} names",
                wanted=f"{len(own)}, in the order of its outputs",
            )
        return match_classes(names, theirs, where, numbered=False), []
    numbered = student.numbered or reference.numbered
    indices = match_classes(own, theirs, where, numbered=numbered)
    if student.numbered == reference.numbered:
        return indices, []
    pairs = ", ".join(f"{one} is {theirs[k]}" for one, k in zip(own, indices, strict=True))
    return indices, [f"classes were matched by order ({pairs}); if wrong, use --classes"]


def match_classes(
    own: Sequence[ClassLabel], theirs: Sequence[ClassLabel], where: str, *, numbered: bool
) -> Indices:
    """For each class in `own` its index in `theirs`: int64.

    Classes match where they are written the same (1, 1.0 and True do). Where one side only
    numbers its classes (`numbered`) and both have as many, they match by order. Raises
    StudentError for a class without a match.
    """
    texts = [_as_text(each) for each in theirs]
    found = [texts.index(_as_text(each)) if _as_text(each) in texts else None for each in own]
    if None not in found:
        return np.array(found, np.int64)
    if numbered and len(own) == len(theirs):
        return np.arange(len(own))
    raise StudentError(
        "student and teacher have different classes",
        where=where,
        found=", ".join(map(str, own)),
        wanted=", ".join(map(str, theirs)),
    )


def _as_text(label: ClassLabel) -> str:
    """A class as text; a whole number without its fraction."""
    if not isinstance(label, str) and float(label).is_integer():
        return str(int(label))
    return str(label)
