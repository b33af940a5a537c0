"""ONNX nodes and initializers of a student, under names of the contract's form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from crembo_cli.arrays import EVERYTHING, LEAF, NOTHING, Bools, Floats, Indices, Int32s

if TYPE_CHECKING:
    from onnx import NodeProto, TensorProto

OPSETS = 11, 2  # of ONNX and of ai.onnx.ml, for the operators that our own families use


class Nodes:
    """The nodes and initializers of one student, in the order in which they were added."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.constants: list[TensorProto] = []

    def add(
        self,
        operator: str,
        reads: list[str],
        writes: str | None = None,
        **attributes: int | list[int],
    ) -> str:
        """Add a node and return the name of the tensor that it writes: `writes`, if given."""
        from onnx import helper

        number = len(self.nodes)
        output = writes or f"_{number}"  # short: it stands in the file twice or more
        node = helper.make_node(operator, reads, [output], f"student_{number}")
        node.attribute.extend(helper.make_attribute(key, attributes[key]) for key in attributes)
        self.nodes.append(node)
        return output

    def constant(self, value: Floats | Indices | Int32s) -> str:
        """Add an initializer and return its name."""
        from onnx import numpy_helper

        name = f"_c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(value, name))
        return name

    def as_double(self, tensor: str) -> str:
        """Add a cast of `tensor` to float64 and return the name of the result."""
        from onnx import TensorProto

        return self.add("Cast", [tensor], to=TensorProto.DOUBLE)

    def finite(self, cells: str) -> str:
        """Add a Clip of float32 `cells` to the finite numbers and return the name of the result.

        What it makes of NaN depends on the runtime: test for it before.
        """
        ends = (self.constant(np.array(end, np.float32)) for end in (-EVERYTHING, EVERYTHING))
        return self.add("Clip", [cells, *ends])

    def dense(self, rows: str, weight: Floats, bias: Floats, *, relu: bool) -> str:
        """Add a dense layer in float32, without Gemm; return the name of its result."""
        sums = self.add("MatMul", [rows, self.constant(weight)])
        sums = self.add("Add", [sums, self.constant(bias)])
        return self.add("Relu", [sums]) if relu else sums

    def double(self, value: Floats) -> str:
        """Add an initializer that is stored as float32 and read as float64."""
        return self.as_double(self.constant(value))


@dataclass(frozen=True, kw_only=True)
class TreeArrays:
    """T binary trees of m nodes in all; a tree's nodes lie together, its root first."""

    root: Indices  # (T,) the first node of each tree
    feature: Indices | Int32s  # (m,) the column that a split tests; LEAF at a leaf
    threshold: Floats  # (m,) values <= threshold, compared in float32, go left
    missing_left: Bools  # (m,) whether NaN goes left
    left: Indices | Int32s  # (m,) the left child; any number at a leaf
    right: Indices | Int32s  # (m,) the right child; any number at a leaf
    values: Floats  # (leaves, c) what each leaf adds, leaves in the order of their nodes


def tree_ensemble(trees: TreeArrays, rows: str, values: str, name: str) -> NodeProto:
    """The node called `name` that reads `rows` and writes the summed `values`, float32 (batch, c).

    It is a TreeEnsembleRegressor with one target for each class. skl2onnx leaves
    `nodes_missing_value_tracks_true` at 0, so that missing values silently go the wrong way. Of
    two classes a TreeEnsembleClassifier in onnxruntime predicts the second wherever its weight is
    above 0; the regressor has no such special case. There are no `base_values`: onnx's own
    evaluator of 2023 writes them over the sums.

    A threshold that sends all known values to one side must send infinite ones there too, though
    `x <= -inf` holds for -inf: such a split is written as `x <= inf`, if need be with its sides
    exchanged.
    """
    from onnx import helper

    split = trees.feature != LEAF
    nothing = split & (trees.threshold == NOTHING)
    threshold = np.where(nothing | (trees.threshold == EVERYTHING), np.inf, trees.threshold)
    left, right = (np.where(split, side, 0) for side in (trees.left, trees.right))
    left, right = np.where(nothing, right, left), np.where(nothing, left, right)
    leaves = np.flatnonzero(~split)
    nodes, c = np.arange(len(split)), trees.values.shape[1]
    tree = np.searchsorted(trees.root, nodes, side="right") - 1
    own = nodes - trees.root[tree]  # ONNX numbers the nodes of each tree from 0
    return helper.make_node(
        "TreeEnsembleRegressor",
        [rows],
        [values],
        name=name,
        domain="ai.onnx.ml",
        n_targets=c,
        aggregate_function="SUM",
        post_transform="NONE",
        nodes_treeids=tree.tolist(),
        nodes_nodeids=own.tolist(),
        nodes_modes=np.where(split, "BRANCH_LEQ", "LEAF").tolist(),
        nodes_featureids=np.maximum(trees.feature, 0).tolist(),
        nodes_values=threshold.tolist(),
        nodes_missing_value_tracks_true=((trees.missing_left ^ nothing) & split)
        .astype(int)
        .tolist(),
        nodes_truenodeids=np.where(split, own[left], 0).tolist(),
        nodes_falsenodeids=np.where(split, own[right], 0).tolist(),
        target_treeids=np.repeat(tree[leaves], c).tolist(),
        target_nodeids=np.repeat(own[leaves], c).tolist(),
        target_ids=np.tile(np.arange(c), len(leaves)).tolist(),
        target_weights=trees.values.ravel().tolist(),
    )
