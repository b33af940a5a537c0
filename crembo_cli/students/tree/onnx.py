"""A tree as one TreeEnsembleClassifier node, written by ourselves.

skl2onnx leaves `nodes_missing_value_tracks_true` at 0, so trees that learned where missing
values go come out silently wrong; the node is short, and ours says it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from onnx import NodeProto, TensorProto

    from crembo_cli.students.tree.model import Tree


def tree_nodes(
    tree: Tree, rows: str, index: str, probabilities: str
) -> tuple[list[NodeProto], list[TensorProto]]:
    """The node for `tree`, reading `rows`, writing `index` and `probabilities`.

    Thresholds are float32 as fitted and compared with BRANCH_LEQ in float32, as in memory. The
    label is the class with the largest leaf weight, which `Tree.probabilities` guarantees. Of
    two classes only the second gets weights: onnxruntime then answers [1 - w, w] and the second
    where w > 0.5; given weights for both it says the second wherever its weight is above 0.
    """
    from onnx import helper

    m, c = tree.probabilities.shape
    nodes = np.arange(m)
    split = ~tree.is_leaf()
    leaves = np.flatnonzero(~split)
    weighed = np.arange(c) if c > 2 else np.array([1])
    node = helper.make_node(
        "TreeEnsembleClassifier",
        [rows],
        [index, probabilities],
        name="student_tree",
        domain="ai.onnx.ml",
        classlabels_int64s=list(range(c)),
        nodes_treeids=[0] * m,
        nodes_nodeids=nodes.tolist(),
        nodes_modes=np.where(split, "BRANCH_LEQ", "LEAF").tolist(),
        nodes_featureids=np.maximum(tree.feature, 0).tolist(),
        nodes_values=tree.threshold.tolist(),
        nodes_missing_value_tracks_true=(tree.missing_left & split).astype(int).tolist(),
        nodes_truenodeids=np.where(split, tree.left, 0).tolist(),
        nodes_falsenodeids=np.where(split, tree.right, 0).tolist(),
        nodes_hitrates=[1.0] * m,
        class_treeids=[0] * (len(leaves) * len(weighed)),
        class_nodeids=np.repeat(leaves, len(weighed)).tolist(),
        class_ids=np.tile(weighed, len(leaves)).tolist(),
        class_weights=tree.probabilities[np.ix_(leaves, weighed)].ravel().tolist(),
        post_transform="NONE",
    )
    return [node], []
