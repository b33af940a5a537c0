"""The Pareto front as a table, for every renderer."""

from __future__ import annotations

from collections.abc import Iterator

from crembo_cli.report.model import ContenderFacts, FrontierFacts


def columns(delta: float) -> list[str]:
    """The names of the figures of `rows_of`; `delta` is that of the search."""
    return ["bytes", "parameters", "fidelity", f"depth {100 * delta:g}%", "belief"]


def rows_of(frontier: FrontierFacts) -> Iterator[tuple[ContenderFacts, list[str], bool]]:
    """The students on the frontier and the one taken: facts, figures as text, whether taken."""
    for place, each in enumerate(frontier.students):
        taken = place == frontier.chosen
        if each.stands or taken:
            figures = (each.fidelity, each.insensitive_depth, each.mean_belief)
            counts = (each.size["bytes"], each.size["parameters"])
            yield each, [f"{n:,}" for n in counts] + [f"{value:.3f}" for value in figures], taken


def sentence(frontier: FrontierFacts) -> str:
    """How many were tried, on what they were judged, and why that one was taken."""
    students = frontier.students
    over = sum(not each.allowed for each in students)
    best = max((each for each in students if each.allowed), key=lambda each: each.mean_belief)
    taken = students[frontier.chosen]
    why = (
        "the best mean belief"
        if taken == best
        else f"the smallest within one standard error of the best mean belief ({best.name})"
    )
    rows = f"{frontier.contest_rows:,} rows + {frontier.contest_synthetic_rows:,} synthetic"
    told = f"{len(students)} students, judged on {rows} that none of them saw"
    if over:
        told += f"; {over} over the budget"
    return f"{told}. Taken: {taken.name}, {why}."
