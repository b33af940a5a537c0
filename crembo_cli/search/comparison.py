"""Compare the candidates on rows that none was fitted on, and select one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from crembo_cli.core.beliefs import depth_by_row, insensitive_depth
from crembo_cli.core.pareto import pareto_front, smallest_within_error
from crembo_cli.errors import StudentError, UsageError
from crembo_cli.search.candidates import Budget, Candidate
from crembo_cli.search.parallel import fit_all
from crembo_cli.search.student import Compression, Search, Stages
from crembo_cli.search.training_rows import TrainingRows
from crembo_cli.students.contract import Indices
from crembo_cli.students.plugins import attribute_errors, size_of

Bytes = Callable[[Candidate, Compression], int]  # what a student's file will take


@dataclass(frozen=True, kw_only=True)
class CandidateResult:
    """One contender: what was found for it, and its worth on the contest's rows."""

    candidate: Candidate
    found: Compression
    size: Mapping[str, int]  # the student's, with the bytes of its file
    within_budget: bool  # whether it keeps to the budget
    on_front: bool  # whether no other that is allowed beats it in bytes, fidelity and depth
    fidelity: float
    insensitive_depth: float  # at the search's delta
    mean_belief: float
    error: float  # the standard error of the mean belief


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """All contenders, the smallest file first."""

    entries: tuple[CandidateResult, ...]
    chosen: int  # the smallest allowed one within a standard error of the best mean belief
    budget: Budget
    rows: TrainingRows  # the comparison rows: none was fitted, pruned or selected on them
    failed: tuple[StudentError, ...]  # why a family that is plugged in is not among them


def compare_candidates(
    candidates: Sequence[Candidate],
    rows: tuple[TrainingRows, TrainingRows, TrainingRows],
    budget: Budget,
    search: Search,
    bytes_of: Bytes,
    stages: Stages,
) -> Comparison:
    """Fit all `candidates`, judge them, and choose.

    `rows` are those to fit on, to choose steps by, and to choose between contenders by. Raises
    UsageError where no student keeps to `budget`, StudentError where no family could be fitted.
    """
    train, validation, comparison = rows
    failed: list[StudentError] = []
    entered: list[tuple[Candidate, Compression, dict[str, int], Indices]] = []
    for candidate, each in zip(
        candidates, fit_all(candidates, train, validation, search, stages), strict=True
    ):
        try:
            entered.append(_entered(candidate, each, comparison, bytes_of))
        except StudentError as fault:
            failed.append(fault)
    if not entered:
        raise failed[0]
    candidates, found, sizes, answers = zip(*entered, strict=True)
    order = sorted(range(len(found)), key=lambda k: sizes[k]["bytes"])
    within_budget = [budget.allows(sizes[k]) for k in order]
    if not any(within_budget):
        raise _nothing_allowed(candidates, sizes, budget)
    predicted = [answers[k] for k in order]
    depths = [depth_by_row(comparison.beliefs, each).astype(np.float64) for each in predicted]
    teacher = comparison.beliefs.argmax(axis=1)
    fidelity = [float(np.mean(each == teacher)) for each in predicted]
    deep = [insensitive_depth(each, search.delta) for each in depths]
    means = [float(np.mean(each)) for each in depths]
    errors = [float(np.std(each) / np.sqrt(len(each))) for each in depths]
    able = [place for place, may in enumerate(within_budget) if may]
    held_to = [sizes[order[place]]["bytes"] for place in able]
    worth = pareto_front(held_to, np.column_stack([fidelity, deep])[able])
    on_front = {place for place, stood in zip(able, worth, strict=True) if stood}
    chosen = able[
        smallest_within_error(held_to, [means[k] for k in able], [errors[k] for k in able])
    ]
    return Comparison(
        entries=tuple(
            CandidateResult(
                candidate=candidates[k],
                found=found[k],
                size=sizes[k],
                within_budget=within_budget[place],
                on_front=place in on_front,
                fidelity=fidelity[place],
                insensitive_depth=deep[place],
                mean_belief=means[place],
                error=errors[place],
            )
            for place, k in enumerate(order)
        ),
        chosen=chosen,
        budget=budget,
        rows=comparison,
        failed=tuple(failed),
    )


def _entered(
    candidate: Candidate,
    found: Compression | StudentError,
    comparison: TrainingRows,
    bytes_of: Bytes,
) -> tuple[Candidate, Compression, dict[str, int], Indices]:
    """A contender, what was found for it, its size, and what it says of the contest's rows.

    Raises StudentError where it fails at any of that.
    """
    if isinstance(found, StudentError):
        raise found
    with attribute_errors(candidate.family):
        size = {
            **size_of(candidate.family, found.student),
            "bytes": bytes_of(candidate, found),
        }
        return candidate, found, size, found.student.predict(comparison.rows)


def _nothing_allowed(
    candidates: Sequence[Candidate], sizes: Sequence[Mapping[str, int]], budget: Budget
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
        found=f"{candidates[nearest].name()} with "
        + ", ".join(f"{_words(name)} {sizes[nearest].get(name, 0):,}" for name in limits),
        hint="allow more, or try smaller ones: --student tree --max-depth 1..4",
    )


def _option(size: str) -> str:
    return "depth" if size == "tree_depth" else size


def _words(size: str) -> str:
    return size.replace("_", " ")
