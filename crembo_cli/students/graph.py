"""Read a student's nodes back from an ONNX graph: what `students.nodes` writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from onnx import GraphProto, NodeProto

OWN = "student_"  # the names of the student's own nodes begin with it


class StudentGraph:
    """The nodes of one student, found by their operators, and the constants that they read.

    Methods raise ValueError, KeyError or IndexError if the nodes are not as crembo writes them.
    """

    def __init__(self, graph: GraphProto) -> None:
        self.constants = {each.name: each for each in graph.initializer}
        self.nodes = [each for each in graph.node if each.name.startswith(OWN)]
        self.writers = {name: each for each in self.nodes for name in each.output}

    def all(self, operator: str) -> list[NodeProto]:
        """Return the nodes of that operator, in order."""
        return [each for each in self.nodes if each.op_type == operator]

    def only(self, operator: str) -> NodeProto:
        """Return the one node of that operator."""
        found = self.all(operator)
        if len(found) != 1:
            raise ValueError(f"expected 1 {operator} node, got {len(found)}")
        return found[0]

    def value(self, node: NodeProto, place: int = 1) -> NDArray[Any]:
        """Return the constant that a node reads at `place`, before any cast to float64."""
        from onnx import numpy_helper

        name = node.input[place]
        if name not in self.constants:
            name = self.writers[name].input[0]
        return np.array(numpy_helper.to_array(self.constants[name]))
