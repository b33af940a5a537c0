"""Read a tree back from the node that `students.tree.onnx` writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crembo_cli.students.graph import StudentGraph, read_ensemble
from crembo_cli.students.tree.model import Tree

if TYPE_CHECKING:
    from onnx import GraphProto


def read_tree(graph: GraphProto) -> Tree:
    """Return the one tree of the graph's TreeEnsembleRegressor.

    A split has equal probabilities. Raises ValueError, KeyError or IndexError if the node is
    not as crembo writes it.
    """
    found = read_ensemble(StudentGraph(graph).only("TreeEnsembleRegressor"))
    if len(found.root) != 1:
        raise ValueError(f"expected 1 tree, got {len(found.root)}")
    leaf = found.left == np.arange(len(found.left))
    equal = np.float32(1 / found.weights.shape[1])
    probabilities = np.where(leaf[:, None], found.weights, equal)
    return Tree(
        feature=found.feature.astype(np.int32),
        threshold=found.threshold,
        missing_left=found.missing_left,
        left=found.left.astype(np.int32),
        right=found.right.astype(np.int32),
        label=probabilities.argmax(axis=1).astype(np.int64),
        probabilities=probabilities,
    )
