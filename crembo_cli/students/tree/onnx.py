"""A tree as a TreeEnsembleRegressor of its leaves' probabilities, and an ArgMax of them.

skl2onnx leaves `nodes_missing_value_tracks_true` at 0, so trees that learned where missing
values go come out silently wrong; the node is short, and ours says it. A TreeEnsembleClassifier
would say the label too, but of two classes onnxruntime takes the second wherever its weight is
above 0; a regressor with one target a class has no such special case.
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
    """The nodes for `tree`, reading `rows`, writing `index` and `probabilities`.

    Thresholds are float32 as fitted and compared with BRANCH_LEQ in float32, as in memory. The
    label is the class with the largest leaf weight, which `Tree.probabilities` guarantees.
    """
    from onnx import helper

    m, c = tree.probabilities.shape
    split = ~tree.is_leaf()
    leaves = np.flatnonzero(~split)
    regressor = helper.make_node(
        "TreeEnsembleRegressor",
        [rows],
        [probabilities],
        name="student_tree",
        domain="ai.onnx.ml",
        n_targets=c,
        aggregate_function="SUM",
        post_transform="NONE",
        nodes_treeids=[0] * m,
        nodes_nodeids=list(range(m)),
        nodes_modes=np.where(split, "BRANCH_LEQ", "LEAF").tolist(),
        nodes_featureids=np.maximum(tree.feature, 0).tolist(),
        nodes_values=tree.threshold.tolist(),
        nodes_missing_value_tracks_true=(tree.missing_left & split).astype(int).tolist(),
        nodes_truenodeids=np.where(split, tree.left, 0).tolist(),
        nodes_falsenodeids=np.where(split, tree.right, 0).tolist(),
        target_treeids=[0] * (len(leaves) * c),
        target_nodeids=np.repeat(leaves, c).tolist(),
        target_ids=np.tile(np.arange(c), len(leaves)).tolist(),
        target_weights=tree.probabilities[leaves].ravel().tolist(),
    )
    best = helper.make_node(
        "ArgMax", [probabilities], [index], name="student_label", axis=1, keepdims=0
    )
    return [regressor, best], []
