"""Nodes and initializers have names of the contract's form."""

from __future__ import annotations

import numpy as np

from crembo_cli.students.nodes import Nodes


def test_names_are_short_and_distinct() -> None:
    """Each tensor has a name of its own, and so has each node, by which readers find it."""
    nodes = Nodes()
    one, two = nodes.constant(np.ones(2, np.float32)), nodes.double(np.ones(2, np.float32))
    three = nodes.add("Add", [two, two])
    tensors, names = [one, two, three], [node.name for node in nodes.nodes]
    assert (len(set(tensors)), len(set(names))) == (3, 2)
    assert all(name.startswith("student_") for name in names)
    assert all(name.startswith("_") and len(name) < 4 for name in tensors)


def test_an_output_has_the_requested_name() -> None:
    """A node writes the tensor that it is told to write, with the attributes given."""
    nodes = Nodes()
    assert nodes.add("Softmax", ["scores"], "probabilities", axis=1) == "probabilities"
    (node,) = nodes.nodes
    assert list(node.output) == ["probabilities"]
    assert [(a.name, a.i) for a in node.attribute] == [("axis", 1)]


def test_numbers_take_four_bytes_each() -> None:
    """What is read as float64 is stored as float32."""
    nodes = Nodes()
    nodes.double(np.ones(10, np.float32))
    assert len(nodes.constants[0].raw_data) == 40
