"""Numbers in words that several drawings of a report share."""

from __future__ import annotations

# Who is measured, by the report's names.
NAMES = {
    "student": "student",
    "teacher": "teacher",
    "baseline_labels": "CART on labels",
    "baseline_teacher": "CART on teacher",
}


def a_student(family: str) -> str:
    """What is reported on: "a tree student", "an additive student"."""
    return f"{'an' if family[:1] in set('aeiou') else 'a'} {family} student"


def ratio(times: float, above: str, below: str) -> str:
    """How many times more, or less: "12.5x smaller"."""
    return f"{times:.1f}x {above}" if times >= 1 else f"{1 / times:.1f}x {below}"


def short(number: float) -> str:
    """A count in three digits or so: 1.2M, 34.5k, 678."""
    for size, unit in ((1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:.1f}{unit}"
    return f"{number:.0f}"
