"""A student as plain text: the rules of a tree, the coefficients of weighted sums."""

from __future__ import annotations

import numpy as np

from crembo_cli.errors import printable
from crembo_cli.student_file.metadata import ReadableStudent
from crembo_cli.students.scored.weights import WeightsStudent
from crembo_cli.students.tree.model import Tree
from crembo_cli.students.tree.text import conditions

SHARES = 4  # classes that a leaf's line names at most; the others are summed up
LEAST = 0.005  # a share that two decimals show


def text_of(explained: ReadableStudent) -> str:
    """The student in words, with all numbers that matter; one newline at the end."""
    student = explained.student
    lines = _rules(explained, student) if isinstance(student, Tree) else _sums(explained, student)
    return "\n".join(printable(line) for line in lines) + "\n"


def _rules(explained: ReadableStudent, tree: Tree) -> list[str]:
    size = tree.size()
    lines = [
        f"{explained.name}: a tree with {size['leaves']} leaves, tree depth {size['tree_depth']}.",
        "After a colon: the class said, then the teacher's mean belief in each class.",
        "",
    ]

    def visit(v: int, indent: str, says: str) -> None:
        if tree.left[v] == v:
            lines.append(f"{indent}{says}: {shares_of(explained, tree, v)}")
            return
        if says:
            lines.append(f"{indent}{says}:")
            indent += "|  "
        feature = explained.features[int(tree.feature[v])]
        for child, words in zip(
            (tree.left[v], tree.right[v]), conditions(tree, v, feature), strict=True
        ):
            visit(int(child), indent, words)

    visit(0, "", "always" if tree.left[0] == 0 else "")
    return lines


def shares_of(explained: ReadableStudent, tree: Tree, leaf: int) -> str:
    """What a leaf says and believes: "benign (benign 0.97, malignant 0.03)"."""
    names, shares = explained.class_names(), tree.probabilities[leaf]
    order = [k for k in np.argsort(-shares, kind="stable").tolist() if shares[k] >= LEAST]
    told = [f"{names[k]} {shares[k]:.2f}" for k in order[:SHARES]]
    if len(order) > SHARES:
        told.append(f"others {float(shares[order[SHARES:]].sum()):.2f}")
    return f"{names[int(tree.label[leaf])]} ({', '.join(told)})"


def _sums(explained: ReadableStudent, student: WeightsStudent) -> list[str]:
    names = [each.name for each in explained.features]
    missing = student.columns.missing.tolist()
    p = len(names)
    lines = [
        f"{explained.name}: weighted sums. The class with the most points is said. Points begin",
        "at the first row; each feature adds its weight times (value - mean). A missing value",
        "adds nothing, or what its own row says.",
    ]
    for feature in explained.features:
        if feature.categories:
            codes = ", ".join(f"{text}: {code}" for code, text in enumerate(feature.categories))
            lines.append(f"The values of {feature.name} are {codes}, any other text: -1.")
    rows: list[tuple[str, str, list[float]]] = [("begin", "", student.bias.tolist())]
    for j, name in enumerate(names):
        rows.append((name, f"{student.columns.centre[j]:.6g}", student.weights[j].tolist()))
    for k, j in enumerate(missing):
        rows.append((f"{names[j]} missing", "", student.weights[p + k].tolist()))
    head = ["feature", "mean", *explained.class_names()]
    cells = [head, *([name, mean, *(f"{w:+.6g}" for w in weights)] for name, mean, weights in rows)]
    widths = [max(len(row[k]) for row in cells) for k in range(len(head))]
    table = [
        "  ".join(
            [
                row[0].ljust(widths[0]),
                *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True)),
            ]
        ).rstrip()
        for row in cells
    ]
    return [*lines, "", *table]
