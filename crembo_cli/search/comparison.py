"""Compare the candidates on rows that none was fitted on, and select one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from crembo_cli.core.beliefs import depth_by_row, insensitive_depth
from crembo_cli.core.pareto import smallest_as_good, worth_their_size
from crembo_cli.errors import StudentError, UsageError
from crembo_cli.search.candidates import Budget, Contender
from crembo_cli.search.parallel import race
from crembo_cli.search.student import Compression, Search, Stages
from crembo_cli.search.training_rows import Rows
from crembo_cli.students.contract import Indices
from crembo_cli.students.plugins import blaming, size_of

Bytes = Callable[[Contender, Compression], int]  # what a student's file will take


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One contender: what was found for it, and its worth on the contest's rows."""

    contender: Contender
    found: Compression
    size: Mapping[str, int]  # the student's, with the bytes of its file
    allowed: bool  # whether it keeps to the budget
    stands: bool  # whether no other that is allowed beats it in bytes, fidelity and depth
    fidelity: float
    insensitive_depth: float  # at the search's delta
    mean_belief: float
    error: float  # the standard error of the mean belief


@dataclass(frozen=True, kw_only=True)
class Frontier:
    """All contenders, the smallest file first."""

    entries: tuple[Entry, ...]
    chosen: int  # the smallest allowed one within a standard error of the best mean belief
    budget: Budget
    contest: Rows  # what they were judged by: rows that none was fitted on, pruned by or chosen by
    failed: tuple[StudentError, ...]  # why a family that is plugged in is not among them


def explore(
    contenders: Sequence[Contender],
    rows: tuple[Rows, Rows, Rows],
    budget: Budget,
    search: Search,
    bytes_of: Bytes,
    stages: Stages,
) -> Frontier:
    """Fit all `contenders`, judge them, and choose.

    `rows` are those to fit on, to choose steps by, and to choose between contenders by. Raises
    UsageError where no student keeps to `budget`, StudentError where no family could be fitted.
    """
    fit, held, contest = rows
    failed: list[StudentError] = []
    entered: list[tuple[Contender, Compression, dict[str, int], Indices]] = []
    for contender, each in zip(
        contenders, race(contenders, fit, held, search, stages), strict=True
    ):
        try:
            entered.append(_entered(contender, each, contest, bytes_of))
        except StudentError as fault:
            failed.append(fault)
    if not entered:
        raise failed[0]
    contenders, found, sizes, answers = zip(*entered, strict=True)
    order = sorted(range(len(found)), key=lambda k: sizes[k]["bytes"])
    allowed = [budget.allows(sizes[k]) for k in order]
    if not any(allowed):
        raise _nothing_allowed(contenders, sizes, budget)
    said = [answers[k] for k in order]
    depths = [depth_by_row(contest.beliefs, each).astype(np.float64) for each in said]
    teacher = contest.beliefs.argmax(axis=1)
    fidelity = [float(np.mean(each == teacher)) for each in said]
    deep = [insensitive_depth(each, search.delta) for each in depths]
    means = [float(np.mean(each)) for each in depths]
    errors = [float(np.std(each) / np.sqrt(len(each))) for each in depths]
    able = [place for place, may in enumerate(allowed) if may]
    held_to = [sizes[order[place]]["bytes"] for place in able]
    worth = worth_their_size(held_to, np.column_stack([fidelity, deep])[able])
    stands = {place for place, stood in zip(able, worth, strict=True) if stood}
    chosen = able[smallest_as_good(held_to, [means[k] for k in able], [errors[k] for k in able])]
    return Frontier(
        entries=tuple(
            Entry(
                contender=contenders[k],
                found=found[k],
                size=sizes[k],
                allowed=allowed[place],
                stands=place in stands,
                fidelity=fidelity[place],
                insensitive_depth=deep[place],
                mean_belief=means[place],
                error=errors[place],
            )
            for place, k in enumerate(order)
        ),
        chosen=chosen,
        budget=budget,
        contest=contest,
        failed=tuple(failed),
    )


def _entered(
    contender: Contender, found: Compression | StudentError, contest: Rows, bytes_of: Bytes
) -> tuple[Contender, Compression, dict[str, int], Indices]:
    """A contender, what was found for it, its size, and what it says of the contest's rows.

    Raises StudentError where it fails at any of that.
    """
    if isinstance(found, StudentError):
        raise found
    with blaming(contender.family):
        size = {
            **size_of(contender.family, found.student),
            "bytes": bytes_of(contender, found),
        }
        return contender, found, size, found.student.predict(contest.rows)


def _nothing_allowed(
    contenders: Sequence[Contender], sizes: Sequence[Mapping[str, int]], budget: Budget
) -> UsageError:
    """The error that says how near the nearest student comes."""
    over = [
        max(size.get(name, 0) / max(most, 1) for name, most in budget.limits().items())
        for size in sizes
    ]
    nearest = int(np.argmin(over))
    limits = budget.limits()
    return UsageError(
        "no student keeps to the budget",
        where=" ".join(f"--max-{_option(name)} {most}" for name, most in limits.items()),
        found=f"{contenders[nearest].name()} with "
        + ", ".join(f"{_words(name)} {sizes[nearest].get(name, 0):,}" for name in limits),
        hint="allow more, or try smaller ones: --student tree --max-depth 1..4",
    )


def _option(size: str) -> str:
    return "depth" if size == "tree_depth" else size


def _words(size: str) -> str:
    return size.replace("_", " ")
