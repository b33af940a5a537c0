"""The Pareto front as a table, for every renderer."""

from __future__ import annotations

from collections.abc import Iterator

from crembo_cli.report.model import CandidateInfo, ComparisonInfo


def columns(delta: float) -> list[str]:
    """The names of the figures of `rows_of`; `delta` is that of the search."""
    return ["bytes", "parameters", "fidelity", f"depth {100 * delta:g}%", "belief"]


def rows_of(comparison: ComparisonInfo) -> Iterator[tuple[CandidateInfo, list[str], bool]]:
    """The students on the Pareto front and the one taken: facts, figures as text, whether taken."""
    for place, each in enumerate(comparison.students):
        taken = place == comparison.chosen
        if each.on_front or taken:
            figures = (each.fidelity, each.insensitive_depth, each.mean_belief)
            counts = (each.size["bytes"], each.size["parameters"])
            yield each, [f"{n:,}" for n in counts] + [f"{value:.3f}" for value in figures], taken


def sentence(comparison: ComparisonInfo) -> str:
    """How many were tried, on what they were judged, and why that one was taken."""
    students = comparison.students
    over = sum(not each.within_budget for each in students)
    best = max((each for each in students if each.within_budget), key=lambda each: each.mean_belief)
    taken = students[comparison.chosen]
    why = (
        "the best mean belief"
        if taken == best
        else f"the smallest within one standard error of the best mean belief ({best.name})"
    )
    rows = (
        f"{comparison.comparison_rows:,} rows + {comparison.comparison_synthetic_rows:,} synthetic"
    )
    told = f"{len(students)} students, judged on {rows} that none of them saw"
    if over:
        told += f"; {over} over the budget"
    return f"{told}. Taken: {taken.name}, {why}."
