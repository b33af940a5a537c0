"""Boosted trees as one TreeEnsembleRegressor with a target for each class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from onnx import NodeProto

    from crembo_cli.students.boosted.model import Boosted


def ensemble_node(student: Boosted, rows: str, scores: str) -> NodeProto:
    """The node that reads `rows` and writes `scores`, float32 (batch, c)."""
    from onnx import helper

    trees, c = student.trees, len(student.begin)
    split = ~trees.is_leaf()
    leaves = np.flatnonzero(~split)
    nodes = np.arange(len(split))
    tree = np.searchsorted(trees.root, nodes, side="right") - 1
    own = nodes - trees.root[tree]  # nodes are numbered anew in each tree
    return helper.make_node(
        "TreeEnsembleRegressor",
        [rows],
        [scores],
        name="student_trees",
        domain="ai.onnx.ml",
        n_targets=c,
        aggregate_function="SUM",
        post_transform="NONE",
        base_values=student.begin.tolist(),
        nodes_treeids=tree.tolist(),
        nodes_nodeids=own.tolist(),
        nodes_modes=np.where(split, "BRANCH_LEQ", "LEAF").tolist(),
        nodes_featureids=np.maximum(trees.feature, 0).tolist(),
        nodes_values=trees.threshold.tolist(),
        nodes_missing_value_tracks_true=trees.missing_left.astype(int).tolist(),
        nodes_truenodeids=np.where(split, own[trees.left], 0).tolist(),
        nodes_falsenodeids=np.where(split, own[trees.right], 0).tolist(),
        target_treeids=np.repeat(tree[leaves], c).tolist(),
        target_nodeids=np.repeat(own[leaves], c).tolist(),
        target_ids=np.tile(np.arange(c), len(leaves)).tolist(),
        target_weights=student.values.ravel().tolist(),
    )
