"""A tree in the DOT language, for graphviz and what reads its files."""

from __future__ import annotations

from crembo_cli.explain.text import shares_of
from crembo_cli.student_file.metadata import ReadableStudent
from crembo_cli.students.tree.model import Tree
from crembo_cli.students.tree.text import conditions


def dot_of(explained: ReadableStudent, tree: Tree) -> str:
    """A directed graph: a box for each split and leaf, an arrow for each answer."""
    lines = [
        f"digraph {_quoted(explained.name)} {{",
        '  node [shape=box, style=rounded, fontname="Helvetica"];',
        '  edge [fontname="Helvetica"];',
    ]
    for v in range(len(tree.feature)):
        if tree.left[v] == v:
            lines.append(f"  n{v} [label={_quoted(shares_of(explained, tree, v))}, style=bold];")
            continue
        feature = explained.features[int(tree.feature[v])]
        left, right = conditions(tree, v, feature)
        lines.append(f"  n{v} [label={_quoted(feature.name)}];")
        lines.append(f"  n{v} -> n{tree.left[v]} [label={_quoted(_answer(left, feature.name))}];")
        lines.append(f"  n{v} -> n{tree.right[v]} [label={_quoted(_answer(right, feature.name))}];")
    return "\n".join([*lines, "}"]) + "\n"


def _answer(condition: str, name: str) -> str:
    """The condition without the feature's name, which stands in the box above."""
    return condition.removeprefix(name).strip()


def _quoted(text: str) -> str:
    """A quoted string of DOT; a line break would end it, a backslash begins an escape."""
    plain = " ".join(text.split()).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{plain}"'
