"""A tree in words: its rules as indented lines, and the conditions of one leaf."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from crembo_cli.students.contract import Feature
from crembo_cli.students.tree.bins import EVERYTHING, NOTHING

if TYPE_CHECKING:
    from crembo_cli.students.tree.model import Tree


UNSEEN = -1  # the code of a category that was not there when the tree was fitted


def tree_text(tree: Tree, features: Sequence[Feature], classes: Sequence[str]) -> str:
    """The rules of `tree`, each leaf with its class and that class's mean belief."""
    lines: list[str] = []

    def leaf(v: int) -> str:
        label = int(tree.label[v])
        return f"{classes[label]} ({tree.probabilities[v, label]:.2f})"

    def visit(v: int, indent: str) -> None:
        left_says, right_says = conditions(tree, v, features[int(tree.feature[v])])
        for child, says in ((int(tree.left[v]), left_says), (int(tree.right[v]), right_says)):
            if tree.left[child] == child:
                lines.append(f"{indent}{says}: {leaf(child)}")
            else:
                lines.append(f"{indent}{says}:")
                visit(child, indent + "|  ")

    if tree.left[0] == 0:
        return f"always: {leaf(0)}"
    visit(0, "")
    return "\n".join(lines)


def conditions(tree: Tree, v: int, feature: Feature) -> tuple[str, str]:
    """What holds on the left and on the right of split `v`, in words."""
    threshold, missing_left = float(tree.threshold[v]), bool(tree.missing_left[v])
    known, missing = f"{feature.name} known", f"{feature.name} missing"
    if threshold in {NOTHING, EVERYTHING}:
        known_left = threshold == EVERYTHING
        if known_left == missing_left:
            return ("always", "never") if known_left else ("never", "always")
        return (known, missing) if known_left else (missing, known)
    if feature.categories:
        sides: tuple[list[str], list[str]] = [], []
        for code, category in [*enumerate(feature.categories), (UNSEEN, "unseen")]:
            sides[code > threshold].append(category)
        left, right = (f"{feature.name} in {{{', '.join(side)}}}" for side in sides)
    else:
        left, right = f"{feature.name} <= {threshold:.6g}", f"{feature.name} > {threshold:.6g}"
    if not feature.missing:
        return left, right
    return (f"{left} or missing", right) if missing_left else (left, f"{right} or missing")


KNOWN = 3.4e38  # a threshold from here on parts what is known from what is missing
UNSEEN = -1  # the code of a category that was not there when the tree was fitted


@dataclass(kw_only=True)
class _Range:
    """What the splits above a leaf leave of one feature."""

    above: float = -np.inf  # excluded
    up_to: float = np.inf  # included
    missing: bool = True  # whether a missing value is left


def leaf_rule(tree: Tree, leaf: int, features: Sequence[Feature]) -> str:
    """The conditions on a row that reaches node `leaf`, one a feature, joined by "and".

    "always" where there are none.
    """
    parent = np.zeros(len(tree.feature), np.int64)
    splits = np.flatnonzero(~tree.is_leaf())
    parent[tree.left[splits]] = parent[tree.right[splits]] = splits
    ranges: dict[int, _Range] = {}
    child = leaf
    while child != 0:
        v = int(parent[child])
        left = int(tree.left[v]) == child
        at = ranges.setdefault(int(tree.feature[v]), _Range())
        if left:
            at.up_to = min(at.up_to, float(tree.threshold[v]))
        else:
            at.above = max(at.above, float(tree.threshold[v]))
        at.missing &= bool(tree.missing_left[v]) == left
        child = v
    parts = [_words(features[j], ranges[j]) for j in sorted(ranges)]
    return " and ".join(part for part in parts if part) or "always"


def _words(feature: Feature, at: _Range) -> str:
    """The condition on one feature; "" where everything fulfils it."""
    says = _categories(feature, at) if feature.categories else _number(feature.name, at)
    if not at.missing:
        return says or (f"{feature.name} known" if feature.missing else "")
    if says == "never":
        return f"{feature.name} missing"
    return f"({says} or missing)" if says and feature.missing else says


def _categories(feature: Feature, at: _Range) -> str:
    """Which categories are left; "" for all of them, "never" for none."""
    names = [
        # One with a comma or a quote in it would read as several.
        repr(name) if set(name) & set(",'\"{}") else name
        for code, name in enumerate(feature.categories)
        if at.above < code <= at.up_to
    ]
    if at.above < UNSEEN <= at.up_to:
        names.append("unseen")
    if len(names) > len(feature.categories):
        return ""
    return f"{feature.name} in {{{', '.join(names)}}}" if names else "never"


def _number(name: str, at: _Range) -> str:
    """Which numbers are left; "" for all of them, "never" for none."""
    low, high = at.above > -np.inf, at.up_to < KNOWN
    if at.above >= KNOWN or at.above >= at.up_to:
        return "never"
    if low and high:
        return f"{at.above:.6g} < {name} <= {at.up_to:.6g}"
    if low:
        return f"{name} > {at.above:.6g}"
    return f"{name} <= {at.up_to:.6g}" if high else ""
