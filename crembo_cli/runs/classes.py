"""Match the classes of a student with those of its teacher."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from crembo_cli.errors import UsageError
from crembo_cli.robustness.teacher_classifier import match_classes
from crembo_cli.students.contract import Indices

if TYPE_CHECKING:
    from crembo_cli.teachers.contract import Teacher


def names_of_student(
    names: Sequence[str] | None, student: Teacher, teacher: Teacher | None
) -> Sequence[str] | None:
    """`names`, of --classes, where they are a student's: it only numbers its classes.

    None where they are those of the teacher, or of a student that is alone.
    """
    theirs = teacher is not None and student.numbered and not teacher.numbered
    return names if theirs else None


def match_student_classes(
    student: Teacher, meant: Teacher, names: Sequence[str] | None, where: str
) -> tuple[Indices, list[str]]:
    """For each class of `student` its place among those of `meant`, and what to say of that.

    Both were asked before, so that their classes are known; `names` are of `names_of_student`.
    Raises UsageError for names too few or too many, and as `match_classes`.
    """
    own, theirs = student.classes, meant.classes
    if names is not None:
        if len(names) != len(own):
            raise UsageError(
                "--classes names each class of the student",
                where=where,
                found=f"{len(names)} names",
                wanted=f"{len(own)}, in the order of its outputs",
            )
        return match_classes(names, theirs, where, numbered=False), []
    numbered = student.numbered or meant.numbered
    places = match_classes(own, theirs, where, numbered=numbered)
    if student.numbered == meant.numbered:
        return places, []
    pairs = ", ".join(f"{one} is {theirs[k]}" for one, k in zip(own, places, strict=True))
    return places, [
        f"classes were matched by their order ({pairs}); if wrong, --classes names them"
    ]
