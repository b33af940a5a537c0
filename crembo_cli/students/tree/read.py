"""Read a tree back from its node in the graph of a student's file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crembo_cli.arrays import LEAF
from crembo_cli.students.graph import read_tree_ensemble
from crembo_cli.students.tree.model import Tree

if TYPE_CHECKING:
    from onnx import GraphProto


def read_tree(graph: GraphProto) -> Tree:
    """Read back the tree in the graph that `Tree.to_onnx` wrote.

    Raises ValueError, KeyError or IndexError if the graph is not as written.
    """
    trees = read_tree_ensemble(graph)
    if len(trees.root) != 1:
        raise ValueError("more than one tree")
    m, c = len(trees.feature), trees.values.shape[1]
    probabilities = np.full((m, c), 1 / c, np.float32)
    probabilities[trees.feature == LEAF] = trees.values
    return Tree(
        feature=trees.feature.astype(np.int32),
        threshold=trees.threshold,
        missing_left=trees.missing_left,
        left=trees.left.astype(np.int32),
        right=trees.right.astype(np.int32),
        label=probabilities.argmax(axis=1),
        probabilities=probabilities,
    )
