"""Which student to fit: the one requested, or the best of several candidates."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from crembo_cli.commands.messages import Messages
from crembo_cli.commands.options import check_choice, family_settings, refuse_both
from crembo_cli.dataset.labelled import LabelledTable, Splits
from crembo_cli.errors import StudentError, UsageError
from crembo_cli.robustness.margins import units_of
from crembo_cli.search.candidates import (
    Budget,
    Candidate,
    candidate,
    candidates_by_tree_depth,
    candidates_of_every_family,
)
from crembo_cli.search.comparison import Comparison, compare_candidates
from crembo_cli.search.student import Compression, Search, find_student, label_rows
from crembo_cli.student_file.build import build_model, model_bytes
from crembo_cli.student_file.metadata import candidate_metadata
from crembo_cli.student_file.signature import Signature
from crembo_cli.students.contract import Family
from crembo_cli.students.plugins import attribute_errors, size_of
from crembo_cli.students.registry import EVERY

if TYPE_CHECKING:
    from crembo_cli.search.candidates import Candidate
    from crembo_cli.teachers.contract import Teacher


PREFERENCES = ("readable",)
MOST_SWEPT = 64  # tree depths in one sweep


@dataclass(frozen=True, kw_only=True)
class StudentRequest:
    """What to fit."""

    candidates: tuple[Candidate, ...]
    budget: Budget | None  # None: one student was asked for by name, and there is no contest
    prefer: str | None
    left_out: tuple[StudentError, ...]  # why some family that is installed is not among them


def request_students(
    student: str,
    settings: Sequence[str],
    *,
    max_depth: str | None,
    max_leaves: int | None,
    max_bytes: int | None,
    max_parameters: int | None,
    prefer: str | None,
) -> StudentRequest:
    """The contenders of `--student` and the options that go with it.

    Raises UsageError for options that mean nothing together, StudentError for what a family
    does not take.
    """
    if prefer is not None:
        check_choice("--prefer", prefer, PREFERENCES)
    low, high = _depths(max_depth)
    budget = Budget(bytes=max_bytes, leaves=max_leaves, parameters=max_parameters)
    if student == EVERY:
        refuse_both("--student auto", {"--set": settings[0] if settings else None})
        if high == 0:
            raise _no_tree_depth(max_depth)
        if low != high:
            raise UsageError(
                "a sweep is of one family, and auto is of all",
                where=f"--max-depth {max_depth}",
                hint=f"say --max-depth {high}, the most, or --student tree",
            )
        budget = Budget(**{**budget.limits(), **({} if high is None else {"tree_depth": high})})
        candidates, faults = candidates_of_every_family(budget, readable=prefer is not None)
        return StudentRequest(
            candidates=tuple(candidates), budget=budget, prefer=prefer, left_out=tuple(faults)
        )
    refuse_both(f"--student {student}", {"--prefer": prefer})
    options = family_settings(settings, {"max_leaves": max_leaves})
    if low is not None and high is not None and low != high:
        if "max_depth" in options:
            raise UsageError("max_depth is set twice", where=f"--max-depth {max_depth}")
        swept = candidates_by_tree_depth(student, options, low, high)
        return StudentRequest(candidates=tuple(swept), budget=budget, prefer=None, left_out=())
    limits = {"--max-bytes": max_bytes, "--max-parameters": max_parameters}
    for option, value in limits.items():
        if value is not None:
            raise UsageError(
                f"{option} chooses between students, and one is asked for",
                where=f"{option} {value}",
                hint=f"say --student auto, or --require '{option.removeprefix('--max-')}<={value}'",
            )
    options = family_settings(settings, {"max_depth": high, "max_leaves": max_leaves})
    return StudentRequest(
        candidates=(candidate(student, options),), budget=None, prefer=None, left_out=()
    )


def _depths(text: str | None) -> tuple[int | None, int | None]:
    """The least and the largest tree depth that `--max-depth` means; None where it is not said."""
    if text is None:
        return None, None
    match = re.fullmatch(r"([0-9]{1,3})(?:\.\.([0-9]{1,3}))?", text)
    low, high = (0, -1) if match is None else (int(match[1]), int(match[2] or match[1]))
    if not low <= high < low + MOST_SWEPT:
        raise _no_tree_depth(text)
    return low, high


def _no_tree_depth(text: str | None) -> UsageError:
    return UsageError(
        "this is no tree depth",
        where="--max-depth",
        found=repr(text),
        wanted="a whole number such as 5, or a sweep such as 2..8",
    )


def select_student(
    request: StudentRequest,
    search: Search,
    parts: Splits,
    teacher: Teacher,
    signature: Signature,
    crembo: str,
    messages: Messages,
) -> tuple[Family, Compression, Comparison | None]:
    """The family, what was found for it, and the contest that it won, where there was one."""
    rows = label_rows(parts.untested(), teacher, search, messages.stage)
    if request.budget is None:
        family = request.candidates[0].family
        messages.note(_unused(family, search))
        with attribute_errors(family):
            found = find_student(rows[0], rows[1], family, search, messages.stage)
            size_of(family, found.student)
        return family, found, None
    messages.note([f"not among the students: {fault}" for fault in request.left_out])

    def bytes_of(candidate: Candidate, found: Compression) -> int:
        metadata = metadata_of(candidate.family, found, search, parts.train, teacher, crembo)
        model = build_model(found.student, signature, teacher.classes, metadata, crembo)
        return len(model_bytes(model))

    train, validation, compared_on = rows
    comparison = compare_candidates(
        request.candidates,
        (train, validation, compared_on),
        request.budget,
        search,
        bytes_of,
        messages.stage,
    )
    messages.note([f"not among the students: {fault}" for fault in comparison.failed])
    chosen = comparison.entries[comparison.chosen]
    return chosen.candidate.family, chosen.found, comparison


def metadata_of(
    family: Family,
    found: Compression,
    search: Search,
    train: LabelledTable,
    teacher: Teacher,
    crembo: str,
) -> dict[str, str]:
    """Return the metadata of a student that was found, without its test results."""
    settings = {name: value for name, value in asdict(search).items() if name != "threads"}
    rows = {"synthetic": len(found.train.rows) - found.train.real, "steps": len(found.steps)}
    return candidate_metadata(
        family,
        found.student,
        teacher,
        train,
        search=settings | rows,
        threshold=found.threshold,
        units=units_of(train.rows, train.encoding).tolist(),
        version=crembo,
    )


def _unused(family: Family, search: Search) -> list[str]:
    """What was asked of the search and means nothing to `family`."""
    most, path = family.thresholds, search.algorithm == "crembo"
    if most is None or not path:
        return []
    found = []
    if search.thresholds not in {Search.thresholds, *range(most + 1)}:
        gains = f"from {most} of them at most" if most else "from none"
        found.append(f"--thresholds {search.thresholds}: {family.name} students gain {gains}")
    if search.select == "accuracy" and most == 0:
        found.append(f"--select accuracy: {family.name} students have no thresholds to choose from")
    return found
