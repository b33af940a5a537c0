"""ONNX nodes and initializers, gathered under names that begin with "student_"."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from onnx import NodeProto, TensorProto


class Nodes:
    """The nodes and initializers of one student, in the order they were added."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.constants: list[TensorProto] = []

    def add(
        self,
        operator: str,
        reads: list[str],
        writes: str | None = None,
        **attributes: int,
    ) -> str:
        """Add a node; the name of the tensor it writes, which is `writes` where that is given."""
        from onnx import helper

        name = f"student_{operator.lower()}_{len(self.nodes)}"
        output = writes or f"{name}_out"
        node = helper.make_node(operator, reads, [output], name)
        node.attribute.extend(helper.make_attribute(key, attributes[key]) for key in attributes)
        self.nodes.append(node)
        return output

    def constant(self, value: NDArray[np.float32] | NDArray[np.int64]) -> str:
        """Add an initializer; its name."""
        from onnx import numpy_helper

        name = f"student_constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(value, name))
        return name

    def as_double(self, tensor: str) -> str:
        """The tensor of that name in float64."""
        from onnx import TensorProto

        return self.add("Cast", [tensor], to=TensorProto.DOUBLE)

    def double(self, value: NDArray[np.float32]) -> str:
        """A float32 initializer, kept at its four bytes a number and read as float64."""
        return self.as_double(self.constant(value))
