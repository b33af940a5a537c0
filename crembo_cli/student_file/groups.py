"""How many training rows reach each leaf or rule of a student, and how often its teacher agrees."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from crembo_cli.students.capabilities import kind_of
from crembo_cli.students.contract import Floats, Indices, Student

if TYPE_CHECKING:
    from crembo_cli.dataset.labelled import LabelledTable
    from crembo_cli.students.rules.model import RuleList
    from crembo_cli.students.tree.model import Tree


@dataclass(frozen=True, kw_only=True)
class GroupCounts:
    """Training rows by group: a tree's leaves in the order of its nodes, or a list's rules."""

    rows: tuple[int, ...]
    agreed: tuple[int, ...]  # of these, those whose predicted class is the teacher's

    def to_text(self) -> str:
        """Write the counts as JSON without blanks."""
        return json.dumps(asdict(self), separators=(",", ":"))


def count_groups(student: Student, train: LabelledTable) -> GroupCounts | None:
    """Count the rows of `train` in each group; None for a student without leaves and rules."""
    found = _groups(student, train.rows)
    if found is None:
        return None
    groups, count = found
    right = student.predict(train.rows) == train.teacher_labels()
    return GroupCounts(
        rows=tuple(np.bincount(groups, minlength=count).tolist()),
        agreed=tuple(np.bincount(groups[right], minlength=count).tolist()),
    )


def read_groups(text: str, student: Student) -> GroupCounts:
    """Read what `GroupCounts.to_text` wrote of `student`.

    Raises KeyError, TypeError or ValueError if it is none, or one of another student.
    """
    found = json.loads(text)
    counts = GroupCounts(
        rows=tuple(int(each) for each in found["rows"]),
        agreed=tuple(int(each) for each in found["agreed"]),
    )
    leaves = student.size()["leaves"]
    if not len(counts.rows) == len(counts.agreed) == leaves or min(counts.rows) < 0:
        raise ValueError(f"expected the rows of {leaves} leaves, got {len(counts.rows)}")
    return counts


def _groups(student: Student, rows: Floats) -> tuple[Indices, int] | None:
    """The group of each row, int64 (n,), and the number of groups."""
    if kind_of(student) == "tree":
        leaves = np.flatnonzero(cast("Tree", student).is_leaf())
        reached = cast("Tree", student).leaves_of(rows)
        return np.searchsorted(leaves, reached), len(leaves)
    if kind_of(student) == "rules":
        return cast("RuleList", student).rule_of(rows), student.size()["leaves"]
    return None
