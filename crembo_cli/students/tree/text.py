"""A tree for a reader: one line a split side, indented by its tree depth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

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
