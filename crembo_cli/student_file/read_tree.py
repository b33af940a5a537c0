"""A tree from the node that `students.tree.onnx` writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from crembo_cli.arrays import LEAF
from crembo_cli.students.tree.model import Tree

if TYPE_CHECKING:
    from onnx import GraphProto


def read_tree(graph: GraphProto) -> Tree:
    """The one tree of the graph's TreeEnsembleRegressor.

    Raises ValueError, KeyError or IndexError where the node is not as we write it.
    """
    from onnx import helper

    (node,) = (each for each in graph.node if each.op_type == "TreeEnsembleRegressor")
    told: dict[str, Any] = {each.name: helper.get_attribute_value(each) for each in node.attribute}
    split = np.array([mode == b"BRANCH_LEQ" for mode in told["nodes_modes"]])
    m, c = len(split), int(told["n_targets"])
    itself = np.arange(m)
    if told["nodes_nodeids"] != itself.tolist() or set(told["nodes_treeids"]) != {0}:
        raise ValueError("more than one tree")
    left, right = (
        np.where(split, np.array(told[f"nodes_{side}nodeids"]), itself)
        for side in ("true", "false")
    )
    below = np.concatenate([left[split], right[split]])
    if sorted(below.tolist()) != list(range(1, m)) or (np.minimum(left, right) < itself).any():
        raise ValueError("nodes that are no tree, or children that come before their parents")
    probabilities = np.full((m, c), 1 / c, np.float32)
    at = np.array(told["target_nodeids"]), np.array(told["target_ids"])
    probabilities[at] = np.array(told["target_weights"], np.float32)
    return Tree(
        feature=np.where(split, np.array(told["nodes_featureids"]), LEAF).astype(np.int32),
        threshold=np.array(told["nodes_values"], np.float32),
        missing_left=np.array(told["nodes_missing_value_tracks_true"]) > 0,
        left=left.astype(np.int32),
        right=right.astype(np.int32),
        label=probabilities.argmax(axis=1).astype(np.int64),
        probabilities=probabilities,
    )
