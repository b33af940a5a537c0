"""Numbers in words that several drawings of a report share."""

from __future__ import annotations

from collections.abc import Sequence

from crembo_cli.report.model import StudentInfo

# Who is measured, by the report's names.
NAMES = {
    "student": "student",
    "teacher": "teacher",
    "baseline_labels": "CART on labels",
    "baseline_teacher": "CART on teacher",
}


def ratio(times: float, above: str, below: str) -> str:
    """How many times more, or less: "12.5x smaller"."""
    return f"{times:.1f}x {above}" if times >= 1 else f"{1 / times:.1f}x {below}"


def short(number: float) -> str:
    """A count in three digits or so: 1.2M, 34.5k, 678."""
    for size, unit in ((1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:.1f}{unit}"
    return f"{number:.0f}"


def article(word: str) -> str:
    """`word` with its article: "a tree", "an oblique"; what has no vowel is spelled: "an mlp"."""
    spelled = not set(word.lower()) & set("aeiouy")
    first = word[:1].lower()
    return f"{'an' if first in ('aefhilmnorsx' if spelled else 'aeiou') else 'a'} {word}"


def kind(family: str | None) -> str:
    """What was measured: "a tree student"; a classifier that is not of crembo has no family."""
    return "a classifier" if family is None else f"{article(family)} student"


def student_heading(student: StudentInfo) -> str:
    """What stands above a student in words."""
    if "tree_depth" in student.size:
        return "the tree (in brackets the leaf's mean belief in its class)"
    if "leaves" in student.size and student.family == "rules":
        return "the rules (in brackets the mean belief in what is said)"
    return "the student in words"


def listed(names: Sequence[str]) -> str:
    """Names in a row: "a, b and c"; "" of none."""
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)
