"""Read a student's nodes back from an ONNX graph: what `students.nodes` writes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from crembo_cli.students.contract import Floats, Indices

if TYPE_CHECKING:
    from onnx import GraphProto, NodeProto

OWN = "student_"  # the names of the student's own nodes begin with it
LEAF = -1  # the feature of a leaf


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


@dataclass(frozen=True, kw_only=True, eq=False)
class Ensemble:
    """T binary trees of m nodes in all, as flat arrays; a tree's root comes first."""

    root: Indices  # (T,)
    feature: Indices  # (m,) LEAF at a leaf
    threshold: Floats  # (m,) values <= threshold go left
    missing_left: NDArray[np.bool_]  # (m,)
    left: Indices  # (m,) the left child; at a leaf, the node itself
    right: Indices  # (m,) the right child; at a leaf, the node itself
    weights: Floats  # (m, c) of each leaf for each class; 0 at a split
    begin: Floats  # (c,) the scores before any tree


def read_ensemble(node: NodeProto) -> Ensemble:
    """Return the trees of a TreeEnsembleRegressor with one target a class.

    Raises ValueError, KeyError or IndexError if the node is not as crembo writes it.
    """
    from onnx import helper

    given: dict[str, Any] = {each.name: helper.get_attribute_value(each) for each in node.attribute}
    split = np.array([mode == b"BRANCH_LEQ" for mode in given["nodes_modes"]])
    m, c = len(split), int(given["n_targets"])
    tree, own = np.array(given["nodes_treeids"]), np.array(given["nodes_nodeids"])
    root = np.flatnonzero(own == 0)
    count = np.diff(np.append(root, m))
    trees = np.arange(len(root))
    if (
        m == 0
        or tree.tolist() != np.repeat(trees, count).tolist()
        or own.tolist() != (np.arange(m) - np.repeat(root, count)).tolist()
    ):
        raise ValueError("the nodes of the trees are not numbered in order")
    itself = np.arange(m)
    left, right = (
        np.where(split, root[tree] + np.array(given[f"nodes_{side}nodeids"]), itself)
        for side in ("true", "false")
    )
    below = np.concatenate([left[split], right[split]])
    expected = np.setdiff1d(itself, root)
    if sorted(below.tolist()) != expected.tolist() or (np.minimum(left, right) < itself).any():
        raise ValueError("nodes that are no tree, or children that come before their parents")
    if (tree[left] != tree).any() or (tree[right] != tree).any():
        raise ValueError("a child in another tree than its parent")
    feature = np.where(split, np.array(given["nodes_featureids"]), LEAF)
    if (feature[split] < 0).any():
        raise ValueError("a split on a feature below 0")
    weights = np.zeros((m, c), np.float32)
    at = root[np.array(given["target_treeids"])] + np.array(given["target_nodeids"])
    weights[at, np.array(given["target_ids"])] = np.array(given["target_weights"], np.float32)
    threshold = np.array(given["nodes_values"], np.float32)
    missing_left = np.array(given["nodes_missing_value_tracks_true"]) > 0
    if len(threshold) != m or len(missing_left) != m:
        raise ValueError("attributes of different lengths")
    return Ensemble(
        root=root,
        feature=feature.astype(np.int64),
        threshold=threshold,
        missing_left=missing_left,
        left=left.astype(np.int64),
        right=right.astype(np.int64),
        weights=weights,
        begin=np.array(given.get("base_values", [0.0] * c), np.float32),
    )
