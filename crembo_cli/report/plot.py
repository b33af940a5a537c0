"""The path as a small plot in characters: threshold across, belief and depth upwards."""

from __future__ import annotations

from crembo_cli.report.model import SearchFacts

BELIEF, DEPTH, BOTH, CHOSEN = "o", "*", "8", "^"
AXIS = 6  # columns that the axis and its numbers take
BELIEF_STUDENT = 7  # columns that the belief student's place takes, left of the thresholds


def path_plot(search: SearchFacts, width: int = 76, height: int = 9) -> list[str]:
    """Lines of at most `width` characters; every step is a column, the chosen one is marked.

    The belief student, which has no threshold, stands left of the others. Steps that share a
    column share its characters; `8` is where belief and depth fall together.
    """
    across = _columns(search, width - AXIS - BELIEF_STUDENT - 1)
    wide = BELIEF_STUDENT + across + 1
    cells = [[" "] * wide for _ in range(height)]
    marks = [" "] * wide
    for number, step in enumerate(search.steps):
        at = 2 if step.threshold is None else BELIEF_STUDENT + round(step.threshold * across)
        for value, sign in ((step.insensitive_depth, DEPTH), (step.mean_belief, BELIEF)):
            row = height - 1 - round(value * (height - 1))
            there = cells[row][at]
            cells[row][at] = BOTH if there not in (" ", sign) else sign
        if number == search.chosen:
            marks[at] = CHOSEN
    lines = []
    for row, cell in enumerate(cells):
        value = 1 - row / (height - 1)
        axis = f"{value:4.2f}" if row % 2 == 0 else " " * 4
        lines.append(f"{axis} |{''.join(cell)}".rstrip())
    lines.append("     +" + "-" * wide)
    lines.append(" " * AXIS + "".join(marks).rstrip())
    names = [" "] * wide
    for at, text in (
        (0, "belief"),
        (BELIEF_STUDENT, "0"),
        (BELIEF_STUDENT + across // 2 - 1, "0.5"),
        (BELIEF_STUDENT + across, "1"),
    ):
        names[at : at + len(text)] = text
    lines.append(" " * AXIS + "".join(names).rstrip())
    return lines


def _columns(search: SearchFacts, most: int) -> int:
    """How many columns the thresholds from 0 to 1 take: even steps get even distances."""
    parts = sum(step.threshold is not None for step in search.steps) + 1
    return most // parts * parts if parts <= most else most
