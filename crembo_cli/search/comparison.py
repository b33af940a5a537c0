"""Compare the candidates on rows that none was fitted on, and select one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from crembo_cli.core.beliefs import depth_by_row, insensitive_depth
from crembo_cli.core.pareto import pareto_front, smallest_within_errors
from crembo_cli.core.utilities import decisions, expected_utilities
from crembo_cli.errors import StudentError, UsageError
from crembo_cli.evaluation.scores import kl_by_row
from crembo_cli.search.candidates import Budget, Candidate
from crembo_cli.search.parallel import fit_all
from crembo_cli.search.student import Compression, Search, Stages
from crembo_cli.search.training_rows import TrainingRows
from crembo_cli.students.contract import Indices
from crembo_cli.students.registry import attribute_errors, size_of

Bytes = Callable[[Candidate, Compression], int]  # what a student's file will take


@dataclass(frozen=True, kw_only=True)
class CandidateResult:
    """One candidate: what was found for it, and its scores on the comparison rows."""

    candidate: Candidate
    found: Compression
    size: Mapping[str, int]  # the student's, with the bytes of its file
    within_budget: bool  # whether it satisfies the budget
    on_front: bool  # no other within the budget beats it in bytes, fidelity and depth
    fidelity: float
    insensitive_depth: float  # at the search's delta
    mean_belief: float
    error: float  # the standard error of the mean belief
    kl: float  # mean, nats, from the teacher's probabilities


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """All candidates, the smallest file first, and the selected one."""

    entries: tuple[CandidateResult, ...]
    chosen: int  # the smallest of those within one standard error of the best mean belief and,
    # among these, of the lowest KL divergence; with the objective "scores", of the latter alone
    budget: Budget
    rows: TrainingRows  # the comparison rows: none was fitted, pruned or selected on them
    failed: tuple[StudentError, ...]  # why a family from another package is not among them


def compare_candidates(
    candidates: Sequence[Candidate],
    rows: tuple[TrainingRows, TrainingRows, TrainingRows],
    budget: Budget,
    search: Search,
    bytes_of: Bytes,
    stages: Stages,
) -> Comparison:
    """Fit all `candidates`, score them, and select one.

    `rows` are the training rows, the validation rows (for the steps of each path) and the
    comparison rows (for the candidates). Raises UsageError where no student satisfies `budget`,
    StudentError where no family could be fitted.
    """
    train, validation, comparison = rows
    failed: list[StudentError] = []
    scored: list[tuple[Candidate, Compression, dict[str, int], Indices]] = []
    for candidate, each in zip(
        candidates, fit_all(candidates, train, validation, search, stages), strict=True
    ):
        try:
            scored.append(_score_candidate(candidate, each, comparison, bytes_of))
        except StudentError as error:
            failed.append(error)
    if not scored:
        raise failed[0]
    candidates, found, sizes, labels = zip(*scored, strict=True)
    order = sorted(range(len(found)), key=lambda k: sizes[k]["bytes"])
    within_budget = [budget.allows(sizes[k]) for k in order]
    if not any(within_budget):
        raise _over_budget(candidates, sizes, budget)
    predicted = [labels[k] for k in order]
    utilities = search.utility_matrix()
    rewards = expected_utilities(comparison.beliefs, utilities)
    depths = [depth_by_row(rewards, each).astype(np.float64) for each in predicted]
    teacher = decisions(comparison.beliefs, utilities)
    divergences = [
        kl_by_row(comparison.beliefs, found[k].student.predict_proba(comparison.rows))
        for k in order
    ]
    fidelity = [float(np.mean(each == teacher)) for each in predicted]
    deep = [insensitive_depth(each, search.delta) for each in depths]
    means = [float(np.mean(each)) for each in depths]
    kl = [float(np.mean(each)) for each in divergences]
    errors, spreads = (
        [float(np.std(each) / np.sqrt(len(each))) for each in rows]
        for rows in (depths, divergences)
    )
    eligible = [place for place, fits in enumerate(within_budget) if fits]
    file_sizes = [sizes[order[place]]["bytes"] for place in eligible]
    front = pareto_front(file_sizes, np.column_stack([fidelity, deep])[eligible])
    on_front = {place for place, on in zip(eligible, front, strict=True) if on}
    # Where a class is rare, students that never predict it have as high a mean belief as others.
    criteria = [([-kl[k] for k in eligible], [spreads[k] for k in eligible])]
    if search.objective == "labels":
        criteria.insert(0, ([means[k] for k in eligible], [errors[k] for k in eligible]))
    chosen = eligible[smallest_within_errors(file_sizes, criteria)]
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
                kl=kl[place],
            )
            for place, k in enumerate(order)
        ),
        chosen=chosen,
        budget=budget,
        rows=comparison,
        failed=tuple(failed),
    )


def _score_candidate(
    candidate: Candidate,
    found: Compression | StudentError,
    comparison: TrainingRows,
    bytes_of: Bytes,
) -> tuple[Candidate, Compression, dict[str, int], Indices]:
    """A candidate, what was found for it, its size, and its labels of the comparison rows.

    Raises StudentError where the family fails.
    """
    if isinstance(found, StudentError):
        raise found
    with attribute_errors(candidate.family):
        size = {
            **size_of(candidate.family, found.student),
            "bytes": bytes_of(candidate, found),
        }
        return candidate, found, size, found.student.predict(comparison.rows)


def _over_budget(
    candidates: Sequence[Candidate], sizes: Sequence[Mapping[str, int]], budget: Budget
) -> UsageError:
    """The error that names the student closest to the budget."""
    excess = [
        max(size.get(name, 0) / max(most, 1) for name, most in budget.limits().items())
        for size in sizes
    ]
    nearest = int(np.argmin(excess))
    limits = budget.limits()
    return UsageError(
        "no student satisfies the budget",
        where=" ".join(f"--max-{_option(name)} {most}" for name, most in limits.items()),
        found=f"{candidates[nearest].name()} with "
        + ", ".join(f"{_words(name)} {sizes[nearest].get(name, 0):,}" for name in limits),
        hint="raise the limits, or try smaller students: --student tree --max-depth 1..4",
    )


def _option(size: str) -> str:
    return "depth" if size == "tree_depth" else size


def _words(size: str) -> str:
    return size.replace("_", " ")
