"""Weighted sums from the nodes that `students.weights` and `students.columns` write."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from crembo_cli.students.scored.columns import Columns
from crembo_cli.students.scored.linear import linear_text
from crembo_cli.students.scored.weights import WeightsStudent

if TYPE_CHECKING:
    from onnx import GraphProto, NodeProto

OWN = "student_"  # the names of the student's own nodes begin with it


def read_linear(graph: GraphProto) -> WeightsStudent:
    """The weights, bias, centres and missing flags in the graph.

    The spread of the columns, which is not in the file, is 1. Raises ValueError, KeyError or
    IndexError where the nodes are not as we write them.
    """
    from onnx import numpy_helper

    constants = {each.name: each for each in graph.initializer}
    nodes = [each for each in graph.node if each.name.startswith(OWN)]
    writers = {name: each for each in nodes for name in each.output}

    def only(operator: str) -> NodeProto:
        found: list[NodeProto] = [each for each in nodes if each.op_type == operator]
        if len(found) != 1:
            raise ValueError(f"{len(found)} nodes {operator} where one is wanted")
        return found[0]

    def value(node: NodeProto) -> NDArray[np.float32]:
        """The constant that a node takes second, which is read as float64."""
        name = node.input[1]
        return np.asarray(numpy_helper.to_array(constants[writers[name].input[0]]), np.float32)

    gathers = [each for each in nodes if each.op_type == "Gather"]
    missing = [numpy_helper.to_array(constants[each.input[1]]) for each in gathers]
    weights, centre = value(only("MatMul")), value(only("Sub"))
    flags = np.concatenate(missing) if missing else np.empty(0, np.int64)
    if len(weights) != len(centre) + len(flags):
        raise ValueError(f"{len(weights)} weights for {len(centre)} features")
    return WeightsStudent(
        columns=Columns(centre=centre, missing=flags.astype(np.int64)),
        weights=weights,
        bias=value(only("Add")),
        spread=np.ones(len(weights), np.float32),
        text=linear_text,
    )
