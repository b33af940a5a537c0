"""Plots in characters and sentences that several renderers share."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from crembo_cli.evaluation.totals import CERTAIN
from crembo_cli.report.model import ComparisonInfo, Report, SearchInfo, StudentInfo

CIRCLE, STAR, BOTH, SELECTED = "o", "*", "8", "^"  # the first series, the second, ...
AXIS = 6  # columns that the axis and its numbers take
SOFT_LABELS = 7  # columns left of the thresholds, for the soft-label student
MARGIN = 5  # columns on both sides of the Pareto front
BYTES = "bytes (log)"
PRECISE = 100  # a larger ratio is written without a decimal


def path_plot(search: SearchInfo, width: int = 76, height: int = 9) -> list[str]:
    """Plot mean teacher probability and depth of each step by its threshold.

    The soft-label student, which has no threshold, stands left of the others. Steps that share
    a column share its characters; `8` marks two equal values. Returns lines of at most `width`
    characters.
    """
    across = _columns(search, width - AXIS - SOFT_LABELS - 1)
    at = [
        2 if step.threshold is None else SOFT_LABELS + round(step.threshold * across)
        for step in search.steps
    ]
    words = {
        1: "soft",
        SOFT_LABELS: "0",
        SOFT_LABELS + across // 2 - 1: "0.5",
        SOFT_LABELS + across: "1",
    }
    means = [step.mean_belief for step in search.steps]
    depths = [step.insensitive_depth for step in search.steps]
    wide = SOFT_LABELS + across + 1
    return _plot(at, means, depths, search.chosen, words, wide, height)


def pareto_plot(comparison: ComparisonInfo, width: int = 76, height: int = 9) -> list[str]:
    """Plot fidelity and depth of each candidate within the budget by its bytes, on a log scale.

    Returns lines of at most `width` characters.
    """
    chosen = comparison.students[comparison.chosen]
    shown = [each for each in comparison.students if each.within_budget]
    sizes = np.log([each.size["bytes"] for each in shown])
    wide = width - AXIS
    # Room on both sides for the words below the first and the last candidate.
    span = max(float(sizes[-1] - sizes[0]), 1e-9)
    at = [MARGIN + round(float(size - sizes[0]) / span * (wide - 2 * MARGIN)) for size in sizes]
    ends = [f"{shown[k].size['bytes']:,}" for k in (0, -1)]
    words = {at[0] - len(ends[0]) // 2: ends[0]}
    if at[-1] > at[0]:
        words[at[-1] - len(ends[1]) // 2] = ends[1]
    words[at[0] + (wide - 2 * MARGIN) // 2 - len(BYTES) // 2] = BYTES
    fidelity = [each.fidelity for each in shown]
    depths = [each.insensitive_depth for each in shown]
    return _plot(at, fidelity, depths, shown.index(chosen), words, wide, height)


def _plot(
    at: Sequence[int],
    circles: Sequence[float],
    stars: Sequence[float],
    chosen: int,
    words: dict[int, str],
    wide: int,
    height: int,
) -> list[str]:
    """Plot two series over the columns `at`; `words` stand below, by their first column."""
    cells = [[" "] * wide for _ in range(height)]
    for column, circle, star in zip(at, circles, stars, strict=True):
        for value, sign in ((star, STAR), (circle, CIRCLE)):
            row = height - 1 - round(value * (height - 1))
            there = cells[row][column]
            cells[row][column] = BOTH if there not in (" ", sign) else sign
    lines = []
    for row, cell in enumerate(cells):
        value = 1 - row / (height - 1)
        axis = f"{value:4.2f}" if row % 2 == 0 else " " * 4
        lines.append(f"{axis} |{''.join(cell)}".rstrip())
    lines.append("     +" + "-" * wide)
    lines.append(" " * (AXIS + at[chosen]) + SELECTED)
    below = [" "] * wide
    for column, text in words.items():
        below[column : column + len(text)] = text
    lines.append(" " * AXIS + "".join(below).rstrip())
    return lines


def _columns(search: SearchInfo, most: int) -> int:
    """Count the columns of the thresholds from 0 to 1, so that even steps get even distances."""
    parts = sum(step.threshold is not None for step in search.steps) + 1
    return most // parts * parts if parts <= most else most


FEW_ROWS = 5  # a class with fewer test rows makes the counts worth a line
MOST_COUNTED = 8  # classes that are counted, the rarest first
BELOW = "0.5"  # of the probabilities that bounds are given for, the one in the sentence


def join_names(names: Sequence[str]) -> str:
    """Join names as "a, b and c"; "" for none."""
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)


def format_ratio(times: float, above: str, below: str) -> str:
    """Format a ratio with the word that fits: "12.5x smaller"."""
    ratio, word = (times, above) if times >= 1 else (1 / times, below)
    return f"{ratio:,.0f}x {word}" if ratio >= PRECISE else f"{ratio:.1f}x {word}"


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


NEARLY = 0.95  # a teacher that is certain of this share of rows is warned of


def explain_certainty(report: Report) -> str:
    """Say that depth cannot tell students apart where the teacher is nearly always certain."""
    share = None if report.teacher is None else report.teacher.certain
    if share is None or share < NEARLY:
        return ""
    return (
        f"The teacher gives one class a probability of {CERTAIN:g} or more on {share:.1%} of the "
        "test rows: depth and mean prob. are nearly fidelity and cannot tell students apart. "
        "--temperature auto softens its probabilities."
    )


def explain_utilities(report: Report) -> str:
    """Say that depth is an expected utility, where decisions have utilities; else ""."""
    if report.student.utilities is None:
        return ""
    return (
        "Classes are decided by expected utility: depth and mean prob. are the expected utility of "
        "the predicted class (1: surely right)."
    )


def explain_bounds(report: Report) -> str:
    """Put the bounds for new rows in a sentence, or why there are none; "" if none is known."""
    bounds = report.robustness.bounds
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
            f"the {report.depth_unit()} of the predicted class is below {BELOW} on at most "
            f"{bounds.below[BELOW]:.1%} of the rows"
        )
    if not parts:
        return ""
    return f"On new rows like these, each with {bounds.confidence:.0%} confidence: " + (
        f"{join_names(parts)}."
    )


def _quoted(name: str) -> str:
    """Quote the name of a class that could be read as a number or as several words."""
    return name if name.isidentifier() else repr(name)


def explain_classes(report: Report) -> str:
    """Count the test rows by class if some have few, and name those without any; else ""."""
    by_class = report.by_class or []
    counts = sorted(by_class, key=lambda each: each.rows)[:MOST_COUNTED]
    if not counts or counts[0].rows >= FEW_ROWS:
        return ""
    listed = ", ".join(f"{each.rows:,} of {_quoted(each.name)}" for each in counts)
    rarest = "" if len(counts) == len(by_class) else f" (the rarest of {len(by_class)})"
    text = f"Test rows by class{rarest}: {listed}."
    absent = [each.name for each in by_class if each.rows == 0]
    if absent:
        names = join_names([_quoted(each) for each in absent[:MOST_COUNTED]])
        text += f" No metric covers {names}"
        if report.data.label is not None:
            text += f"; balanced is the mean recall of the other {len(by_class) - len(absent)}"
        text += "."
    return text


def explain_comparison(comparison: ComparisonInfo, objective: str, unit: str) -> str:
    """Say how many candidates were compared, on which rows, and why one was selected.

    `objective` is that of the search, see `search.comparison.Comparison.chosen`; `unit` is that
    of the depth, see `Report.depth_unit`.
    """
    students = comparison.students
    over = sum(not each.within_budget for each in students)
    criteria = ["the lowest KL divergence (KL)"]
    if objective == "labels":
        criteria.insert(0, f"the highest mean {unit} (mean prob.)")
    selected = students[comparison.chosen]
    within = " and, of those, of ".join(criteria)
    text = (
        f"{len(students)} candidates, compared on {comparison.comparison_rows:,} rows + "
        f"{comparison.comparison_synthetic_rows:,} synthetic that none of them was fitted on"
    )
    if over:
        text += f"; {over} over the budget"
    return (
        f"{text}. Selected: {selected.name}, the smallest within one standard error of "
        f"{within}. The figures below are of these rows, real and synthetic; those of the other "
        "tables are of the test rows."
    )
