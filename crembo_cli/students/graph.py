"""Read a student's nodes back from an ONNX graph: what `students.nodes` writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from crembo_cli.arrays import EVERYTHING, LEAF, NOTHING
from crembo_cli.students.nodes import TreeArrays
from crembo_cli.students.portable import read_plain_ensemble

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


def read_tree_ensemble(graph: GraphProto) -> TreeArrays:
    """Read back the arrays of the one ensemble in `graph`: a node, or plain operators.

    Raises ValueError, KeyError or IndexError if it is not as `tree_ensemble` or `plain_ensemble`
    makes it.
    """
    found = [each for each in graph.node if each.op_type == "TreeEnsembleRegressor"]
    if not found:
        return read_plain_ensemble(graph)
    (node,) = found
    return read_ensemble_node(node)


def read_ensemble_node(node: NodeProto) -> TreeArrays:
    """Read back the arrays of the node that `tree_ensemble` made."""
    from onnx import helper

    read: dict[str, Any] = {each.name: helper.get_attribute_value(each) for each in node.attribute}
    split = np.array([mode == b"BRANCH_LEQ" for mode in read["nodes_modes"]])
    own, nodes = np.array(read["nodes_nodeids"]), np.arange(len(split))
    root = np.flatnonzero(own == 0)
    tree = np.searchsorted(root, nodes, side="right") - 1
    if read["nodes_treeids"] != tree.tolist() or not np.array_equal(own, nodes - root[tree]):
        raise ValueError("the nodes of a tree are not in order")
    left, right = (
        np.where(split, root[tree] + np.array(read[f"nodes_{side}nodeids"]), nodes)
        for side in ("true", "false")
    )
    below = np.concatenate([left[split], right[split]])
    if sorted(below.tolist()) != np.setdiff1d(nodes, root).tolist():
        raise ValueError("the nodes do not form trees")
    if (np.minimum(left, right) < nodes).any():
        raise ValueError("a child comes before its parent")
    leaf = (np.cumsum(~split) - 1)[
        root[np.array(read["target_treeids"])] + np.array(read["target_nodeids"])
    ]
    values = np.zeros((int((~split).sum()), int(read["n_targets"])), np.float32)
    values[leaf, np.array(read["target_ids"])] = np.array(read["target_weights"], np.float32)
    threshold = np.array(read["nodes_values"], np.float32)
    missing_left = np.array(read["nodes_missing_value_tracks_true"]) > 0
    nothing = split & (left > right)  # see `tree_ensemble`
    threshold[threshold == np.inf] = EVERYTHING
    threshold[nothing] = NOTHING
    return TreeArrays(
        root=root,
        feature=np.where(split, np.array(read["nodes_featureids"]), LEAF),
        threshold=threshold,
        missing_left=missing_left ^ nothing,
        left=np.minimum(left, right),
        right=np.maximum(left, right),
        values=values,
    )
