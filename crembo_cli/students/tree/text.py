"""A tree for a reader: one line a split side, indented by its tree depth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from crembo_cli.students.contract import Feature

if TYPE_CHECKING:
    from crembo_cli.students.tree.model import Tree


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
    threshold = float(tree.threshold[v])
    if feature.categories:
        known = len(feature.categories)
        here = [feature.categories[k] for k in range(known) if k <= threshold]
        there = [feature.categories[k] for k in range(known) if k > threshold]
        # An unseen category has code -1: it goes left at every threshold that is not below.
        left = f"{feature.name} in {{{', '.join([*here, 'unseen'])}}}"
        right = f"{feature.name} in {{{', '.join(there)}}}"
    elif threshold >= 3.4e38:
        return (
            (f"{feature.name} known or missing", "never")
            if tree.missing_left[v]
            else (f"{feature.name} known", f"{feature.name} missing")
        )
    else:
        left, right = f"{feature.name} <= {threshold:.6g}", f"{feature.name} > {threshold:.6g}"
    if not feature.missing:
        return left, right
    if tree.missing_left[v]:
        return f"{left} or missing", right
    return left, f"{right} or missing"
