"""A tree for graphviz."""

from __future__ import annotations

from dataclasses import replace

from crembo_cli.explanations.dot import dot_of
from tests.explanations.test_text import FEATURES, small_tree


def test_dot_written_out() -> None:
    """A node for each split and leaf, an arrow for each answer; quotes cannot be broken out of."""
    odd = replace(FEATURES[0], name='a"ge\\\n')
    explained = replace(small_tree(), features=(odd, FEATURES[1]), classes=("no", "yes"))
    assert dot_of(explained) == (
        'digraph "s.onnx" {\n'
        '  node [shape=box, style=rounded, fontname="Helvetica"];\n'
        '  edge [fontname="Helvetica"];\n'
        '  n0 [label="a\\"ge\\\\"];\n'
        '  n0 -> n1 [label="<= 30.5 or missing"];\n'
        '  n0 -> n2 [label="> 30.5"];\n'
        '  n1 [label="no (no 0.75, yes 0.25)", style=bold];\n'
        '  n2 [label="colour"];\n'
        '  n2 -> n3 [label="in {red}*"];\n'
        '  n2 -> n4 [label="in {blue}"];\n'
        '  n3 [label="yes (yes 0.75, no 0.25)", style=bold];\n'
        '  n4 [label="no (no 1.00)", style=bold];\n'
        "}\n"
    )


def test_escape_sequences_are_shown_and_not_obeyed() -> None:
    """A name from an untrusted model cannot command the terminal that shows the graph."""
    odd = replace(FEATURES[0], name="\x1b[31mage\x9b2J")
    text = dot_of(replace(small_tree(), features=(odd, FEATURES[1]), classes=("no\x07", "yes")))
    assert all(each.isprintable() for each in text.splitlines())
    assert 'n0 [label="\\\\x1b[31mage\\\\x9b2J"];' in text
    assert 'n4 [label="no\\\\x07 (no\\\\x07 1.00)", style=bold];' in text
