"""A tree in the DOT language, for graphviz and what reads its files."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from crembo_cli.errors import printable
from crembo_cli.student_file.metadata import ReadableStudent
from crembo_cli.students.tree.text import leaf_text

if TYPE_CHECKING:
    from crembo_cli.students.tree.model import Tree


def dot_of(explained: ReadableStudent) -> str:
    """Return a tree as a directed graph: a box for each split and leaf, an arrow for each side."""
    tree, classes = cast("Tree", explained.student), explained.class_names()
    lines = [
        f"digraph {_quoted(explained.name)} {{",
        '  node [shape=box, style=rounded, fontname="Helvetica"];',
        '  edge [fontname="Helvetica"];',
    ]
    sides = tree.side_texts(explained.features)
    for v in range(len(tree.feature)):
        if tree.left[v] == v:
            leaf = leaf_text(int(tree.label[v]), tree.probabilities[v], classes)
            lines.append(f"  n{v} [label={_quoted(leaf)}, style=bold];")
            continue
        feature = explained.features[int(tree.feature[v])]
        left, right = sides[v]
        lines.append(f"  n{v} [label={_quoted(feature.name)}];")
        lines.append(f"  n{v} -> n{tree.left[v]} [label={_quoted(_answer(left, feature.name))}];")
        lines.append(f"  n{v} -> n{tree.right[v]} [label={_quoted(_answer(right, feature.name))}];")
    return "\n".join([*lines, "}"]) + "\n"


def _answer(condition: str, name: str) -> str:
    """The condition without the feature's name, which stands in the box above."""
    return condition.removeprefix(name).strip()


def _quoted(text: str) -> str:
    """A quoted string of DOT; a line break would end it, a backslash begins an escape."""
    plain = printable(" ".join(text.split())).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{plain}"'
