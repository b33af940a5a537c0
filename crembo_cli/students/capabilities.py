"""The optional parts of families and students, with their defaults: see `students.contract`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from crembo_cli.arrays import Doubles, Floats, Indices
from crembo_cli.students.contract import Family, Feature, OptionalStudent, Student

if TYPE_CHECKING:
    from onnx import GraphProto

    from crembo_cli.students.program import Program


def grid_of(family: type[Family]) -> tuple[Mapping[str, int], ...]:
    """The settings of `family` that `--student auto` tries."""
    grid: tuple[Mapping[str, int], ...] = getattr(family, "grid", ({},))
    return grid


def is_readable(family: type[Family]) -> bool:
    """Whether `--prefer readable` keeps `family`."""
    return bool(getattr(family, "readable", False))


def fits_images(family: type[Family]) -> bool:
    """Whether `family` fits images alone."""
    return bool(getattr(family, "images", False))


def path_on_request(family: type[Family]) -> bool:
    """Whether `family` has no path of thresholds unless the user asks for one."""
    return bool(getattr(family, "path_on_request", False))


def reader_of(family: type[Family]) -> Callable[[GraphProto], Student] | None:
    """The function that reads a student back from its graph; None if the family has none."""
    read: Callable[[GraphProto], Student] | None = getattr(family, "read", None)
    return read


def opsets_of(student: object) -> tuple[int, int]:
    """The operator sets of ONNX and of ai.onnx.ml whose operators `student` uses."""
    opsets: tuple[int, int] = getattr(student, "opsets", (18, 3))
    return opsets


def kind_of(student: object) -> str:
    """The kind of `student`, such as "tree"; "" if it has none."""
    return str(getattr(student, "kind", ""))


def utilities_of(student: object) -> Doubles | None:
    """The utilities that `student` decides by, float64 (c, c); None: the most probable class."""
    utilities: Doubles | None = getattr(student, "utilities", None)
    return utilities


def program_of(student: object, features: Sequence[Feature]) -> Program | None:
    """The student as a program; None if it is not available in this form."""
    if not hasattr(student, "program"):
        return None
    return cast("OptionalStudent", student).program(features)


def exact_margins(student: object, rows: Floats, units: Doubles) -> Doubles | None:
    """The exact margin of each row, float64 (n,); None if `student` does not know it."""
    if not hasattr(student, "margins"):
        return None
    return cast("OptionalStudent", student).margins(rows, units)


@dataclass(frozen=True, kw_only=True)
class RowGroups:
    """Rows grouped as their student groups them."""

    group: Indices  # (n,) the group of each row
    text: Callable[[int], str]  # a group -> the condition that its rows fulfil


def groups_of(
    student: object,
    rows: Floats,
    predicted: Indices,
    features: Sequence[Feature],
    classes: Sequence[str],
) -> RowGroups:
    """The groups of float32 `rows` (n, p): the student's own, else the `predicted` classes (n,)."""
    if not hasattr(student, "groups"):
        return RowGroups(group=predicted, text=lambda group: f"predicted as {classes[group]}")
    own = cast("OptionalStudent", student)
    return RowGroups(group=own.groups(rows), text=lambda group: own.group_text(group, features))


def full_text(
    student: Student, features: Sequence[Feature], classes: Sequence[str], name: str
) -> str:
    """The whole student as plain text, no trailing newline."""
    if not hasattr(student, "to_text"):
        return student.describe(features, classes)
    return cast("OptionalStudent", student).to_text(features, classes, name)


def json_values(
    student: Student, features: Sequence[Feature], classes: Sequence[int | str]
) -> dict[str, Any]:
    """The whole student as JSON values by key."""
    if not hasattr(student, "to_json"):
        return {"text": student.describe(features, [str(each) for each in classes])}
    return cast("OptionalStudent", student).to_json(features, classes)
