"""Rules for a reader: one a line, in the order in which they are asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from crembo_cli.students.contract import Feature
from crembo_cli.students.tree.model import LEAF, Tree
from crembo_cli.students.tree.rules import leaf_rule

if TYPE_CHECKING:
    from crembo_cli.students.rules.model import RuleList


def rules_text(student: RuleList, features: Sequence[Feature], classes: Sequence[str]) -> str:
    """Each rule with its class and that class's mean belief where the rule has the say."""
    lines = []
    last = len(student.label) - 1
    for k, label in enumerate(student.label):
        says = f"{classes[label]} ({student.probabilities[k, label]:.2f})"
        if k == last:
            lines.append(f"otherwise: {says}" if k else f"always: {says}")
        else:
            chain, end = _chain(student, k)
            holds = leaf_rule(chain, end, features)
            lines.append(f"{'else ' if k else ''}if {holds}: {says}")
    return "\n".join(lines)


def _chain(student: RuleList, k: int) -> tuple[Tree, int]:
    """Rule k as a tree: each split goes on to the next, or to a leaf; and the leaf at the end."""
    terms = student.terms(k)
    splits = 2 * np.arange(len(terms))
    low = student.sign[k, terms] > 0
    m = 2 * len(terms) + 1
    feature, threshold = np.full(m, LEAF, np.int32), np.zeros(m, np.float32)
    left = np.arange(m, dtype=np.int32)
    right, missing_left = left.copy(), np.zeros(m, np.bool_)
    feature[splits] = student.feature[k, terms]
    threshold[splits] = student.thresholds()[k, terms]
    missing_left[splits] = student.holds_missing()[k, terms] == low
    left[splits] = np.where(low, splits + 2, splits + 1)
    right[splits] = np.where(low, splits + 1, splits + 2)
    return Tree(
        feature=feature,
        threshold=threshold,
        missing_left=missing_left,
        left=left,
        right=right,
        label=np.zeros(m, np.int64),
        probabilities=np.zeros((m, 1), np.float32),
    ), m - 1
