"""Which students a command asks for: one, one at many tree depths, or those of all families."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from crembo_cli.commands.checks import check_choice, family_settings, refuse_both
from crembo_cli.errors import StudentError, UsageError
from crembo_cli.frontier.budget import Budget
from crembo_cli.frontier.contenders import (
    Contender,
    contender,
    of_every_family,
    of_tree_depths,
)
from crembo_cli.students.registry import EVERY

PREFERENCES = ("readable",)
MOST_SWEPT = 64  # tree depths in one sweep


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What to fit."""

    contenders: tuple[Contender, ...]
    budget: Budget | None  # None: one student was asked for by name, and there is no contest
    prefer: str | None
    left_out: tuple[StudentError, ...]  # why some family that is installed is not among them


def asked_families(
    student: str,
    settings: Sequence[str],
    *,
    max_depth: str | None,
    max_leaves: int | None,
    max_bytes: int | None,
    max_parameters: int | None,
    prefer: str | None,
) -> Asked:
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
        contenders, faults = of_every_family(budget, readable=prefer is not None)
        return Asked(
            contenders=tuple(contenders), budget=budget, prefer=prefer, left_out=tuple(faults)
        )
    refuse_both(f"--student {student}", {"--prefer": prefer})
    options = family_settings(settings, {"max_leaves": max_leaves})
    if low is not None and high is not None and low != high:
        if "max_depth" in options:
            raise UsageError("max_depth is set twice", where=f"--max-depth {max_depth}")
        swept = of_tree_depths(student, options, low, high)
        return Asked(contenders=tuple(swept), budget=budget, prefer=None, left_out=())
    limits = {"--max-bytes": max_bytes, "--max-parameters": max_parameters}
    for option, value in limits.items():
        if value is not None:
            raise UsageError(
                f"{option} chooses between students, and one is asked for",
                where=f"{option} {value}",
                hint=f"say --student auto, or --require '{option.removeprefix('--max-')}<={value}'",
            )
    options = family_settings(settings, {"max_depth": high, "max_leaves": max_leaves})
    return Asked(contenders=(contender(student, options),), budget=None, prefer=None, left_out=())


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
