"""The path as a small plot in characters: threshold across, belief and depth upwards."""

from __future__ import annotations

from crembo_cli.report.model import SearchFacts

BELIEF, DEPTH, BOTH, CHOSEN = "o", "*", "8", "^"
BELIEF_STUDENT = 6  # columns that the belief student's place takes, left of the thresholds


def path_plot(search: SearchFacts, width: int = 76, height: int = 9) -> list[str]:
    """Lines of at most `width` characters; every step is a column, the chosen one is marked.

    The belief student, which has no threshold, stands left of the others. Steps that share a
    column share its characters; `8` is where belief and depth fall together.
    """
    columns = width - 6 - BELIEF_STUDENT
    cells = [[" "] * (width - 6) for _ in range(height)]
    marks = [" "] * (width - 6)
    for number, step in enumerate(search.steps):
        column = (
            1
            if step.threshold is None
            else BELIEF_STUDENT + min(columns - 1, int(step.threshold * columns))
        )
        for value, sign in ((step.insensitive_depth, DEPTH), (step.mean_belief, BELIEF)):
            row = height - 1 - min(height - 1, round(value * (height - 1)))
            there = cells[row][column]
            cells[row][column] = BOTH if there not in (" ", sign) else sign
        if number == search.chosen:
            marks[column] = CHOSEN
    lines = []
    for row, cell in enumerate(cells):
        value = 1 - row / (height - 1)
        axis = f"{value:4.2f}" if row % 2 == 0 else " " * 4
        lines.append(f"{axis} |{''.join(cell)}".rstrip())
    lines.append("     +" + "-" * (width - 6))
    lines.append(f"      {''.join(marks)}".rstrip())
    names = [" "] * (width - 6)
    for at, text in (
        (0, "belief"),
        (BELIEF_STUDENT + 1, "0"),
        (BELIEF_STUDENT + columns // 2 - 1, "0.5"),
        (width - 7, "1"),
    ):
        names[at : at + len(text)] = text
    lines.append("      " + "".join(names).rstrip())
    return lines
