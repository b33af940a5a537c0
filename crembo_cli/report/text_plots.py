"""Plots in characters: the path over its thresholds, the Pareto front over bytes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from crembo_cli.report.model import ComparisonInfo, SearchInfo

BELIEF, DEPTH, BOTH, CHOSEN = "o", "*", "8", "^"
AXIS = 6  # columns that the axis and its numbers take
BELIEF_STUDENT = 7  # columns that the belief student's place takes, left of the thresholds

MARGIN = 5  # columns on both sides of the Pareto front
BYTES = "bytes (log)"


def path_plot(search: SearchInfo, width: int = 76, height: int = 9) -> list[str]:
    """Lines of at most `width` characters; every step is a column, the chosen one is marked.

    The belief student, which has no threshold, stands left of the others. Steps that share a
    column share its characters; `8` is where belief and depth fall together.
    """
    across = _columns(search, width - AXIS - BELIEF_STUDENT - 1)
    at = [
        2 if step.threshold is None else BELIEF_STUDENT + round(step.threshold * across)
        for step in search.steps
    ]
    words = {
        0: "belief",
        BELIEF_STUDENT: "0",
        BELIEF_STUDENT + across // 2 - 1: "0.5",
        BELIEF_STUDENT + across: "1",
    }
    beliefs = [step.mean_belief for step in search.steps]
    depths = [step.insensitive_depth for step in search.steps]
    wide = BELIEF_STUDENT + across + 1
    return _plot(at, beliefs, depths, search.chosen, words, wide, height)


def pareto_plot(comparison: ComparisonInfo, width: int = 76, height: int = 9) -> list[str]:
    """Lines of at most `width` characters: fidelity and depth over the bytes of each student.

    Those that the budget does not allow are left out. The bytes stand on a logarithmic scale.
    """
    chosen = comparison.students[comparison.chosen]
    shown = [each for each in comparison.students if each.within_budget]
    sizes = np.log([each.size["bytes"] for each in shown])
    wide = width - AXIS
    # Room on both sides, so that the words below the first and the last stay on the plot.
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
    beliefs: Sequence[float],
    depths: Sequence[float],
    chosen: int,
    words: dict[int, str],
    wide: int,
    height: int,
) -> list[str]:
    """Two series over the columns `at`, with `words`, by the column where they begin, below."""
    cells = [[" "] * wide for _ in range(height)]
    for column, belief, depth in zip(at, beliefs, depths, strict=True):
        for value, sign in ((depth, DEPTH), (belief, BELIEF)):
            row = height - 1 - round(value * (height - 1))
            there = cells[row][column]
            cells[row][column] = BOTH if there not in (" ", sign) else sign
    lines = []
    for row, cell in enumerate(cells):
        value = 1 - row / (height - 1)
        axis = f"{value:4.2f}" if row % 2 == 0 else " " * 4
        lines.append(f"{axis} |{''.join(cell)}".rstrip())
    lines.append("     +" + "-" * wide)
    lines.append(" " * (AXIS + at[chosen]) + CHOSEN)
    below = [" "] * wide
    for column, text in words.items():
        below[column : column + len(text)] = text
    lines.append(" " * AXIS + "".join(below).rstrip())
    return lines


def _columns(search: SearchInfo, most: int) -> int:
    """How many columns the thresholds from 0 to 1 take: even steps get even distances."""
    parts = sum(step.threshold is not None for step in search.steps) + 1
    return most // parts * parts if parts <= most else most
