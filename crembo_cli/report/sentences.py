"""Sentences and phrases that several renderers share."""

from __future__ import annotations

from collections.abc import Sequence

from crembo_cli.report.model import ComparisonInfo, StudentInfo
from crembo_cli.robustness.model import Bounds

BELOW = "0.5"  # of the probabilities that bounds are given for, the one in the sentence


def join_names(names: Sequence[str]) -> str:
    """Join names as "a, b and c"; "" for none."""
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)


def format_ratio(times: float, above: str, below: str) -> str:
    """Format a ratio with the word that fits: "12.5x smaller"."""
    return f"{times:.1f}x {above}" if times >= 1 else f"{1 / times:.1f}x {below}"


def abbreviate(number: float) -> str:
    """Abbreviate a count: 1.2M, 34.5k, 678."""
    for size, unit in ((1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:.1f}{unit}"
    return f"{number:.0f}"


def add_article(word: str) -> str:
    """Put the article before `word`: "a tree", "an oblique", and "an mlp", which is spelled."""
    spelled = not set(word.lower()) & set("aeiouy")
    first = word[:1].lower()
    return f"{'an' if first in ('aefhilmnorsx' if spelled else 'aeiou') else 'a'} {word}"


def name_classifier(family: str | None) -> str:
    """Name what was measured: "a tree student"; "a classifier" if crembo did not write it."""
    return "a classifier" if family is None else f"{add_article(family)} student"


def student_heading(student: StudentInfo) -> str:
    """Choose the heading of a student's description."""
    if "tree_depth" in student.size:
        return "the tree (in parentheses: mean teacher probability of the leaf's class)"
    if "leaves" in student.size and student.family == "rules":
        return "rules (in parentheses: mean teacher probability of the predicted class)"
    return "the student as text"


def explain_bounds(bounds: Bounds) -> str:
    """Put the bounds for new rows in a sentence, or why there are none; "" if none is known."""
    if bounds.fitted_on:
        return (
            "The student was fitted on rows of this table: its metrics are too optimistic and do "
            "not hold for new rows."
        )
    parts = []
    if bounds.accuracy is not None:
        parts.append(f"accuracy is at least {bounds.accuracy:.3f}")
    if bounds.fidelity is not None:
        parts.append(f"fidelity is at least {bounds.fidelity:.3f}")
    if bounds.below is not None:
        parts.append(
            f"the teacher probability of the predicted class is below {BELOW} on at most "
            f"{bounds.below[BELOW]:.1%} of the rows"
        )
    if not parts:
        return ""
    return f"On new rows like these, each with {bounds.confidence:.0%} confidence: " + (
        f"{join_names(parts)}."
    )


def explain_comparison(comparison: ComparisonInfo) -> str:
    """Say how many candidates were compared, on which rows, and why one was selected."""
    students = comparison.students
    over = sum(not each.within_budget for each in students)
    best = max((each for each in students if each.within_budget), key=lambda each: each.mean_belief)
    selected = students[comparison.chosen]
    reason = (
        "the highest mean teacher probability"
        if selected == best
        else "the smallest within one standard error of the highest mean teacher probability "
        f"({best.name})"
    )
    text = (
        f"{len(students)} candidates, compared on {comparison.comparison_rows:,} rows + "
        f"{comparison.comparison_synthetic_rows:,} synthetic that none of them was fitted on"
    )
    if over:
        text += f"; {over} over the budget"
    return f"{text}. Selected: {selected.name}, {reason}."
