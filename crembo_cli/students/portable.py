"""Tree ensembles as plain operators, for runtimes without ai.onnx.ml (OpenVINO, edge devices).

All splits of all trees are tested at once; a matrix product counts for each leaf on how many
splits above it a row goes right, less those where it goes left. The leaf is reached where that is
the number of its right turns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from crembo_cli.arrays import EVERYTHING, LEAF, Indices
from crembo_cli.errors import StudentError
from crembo_cli.students.nodes import TreeArrays

if TYPE_CHECKING:
    from onnx import GraphProto, NodeProto, TensorProto

MOST_LEAVES = 1024  # of one tree: the matrix has a cell for each split and leaf
NEVER = 2**15 - 1  # right turns that a leaf which is not there would need
# Names begin with this, and not with "student_": readers of families pass over them.
FEATURE, THRESHOLD, ABSENT = "trees_feature", "trees_threshold", "trees_absent"
WAYS, TURNS, VALUES = "trees_ways", "trees_turns", "trees_values"

Array = NDArray[Any]


def plain_ensemble(
    trees: TreeArrays, rows: str, values: str
) -> tuple[list[NodeProto], list[TensorProto]]:
    """Nodes that read `rows` and write the summed `values`, as `nodes.tree_ensemble` does.

    Raises StudentError for a tree with too many leaves.
    """
    from onnx import TensorProto, helper, numpy_helper

    arrays = _as_matrices(trees)
    count, splits = arrays[FEATURE].shape
    low, high, shape = "trees_low", "trees_high", "trees_shape"
    constants = {
        **arrays,
        FEATURE: arrays[FEATURE].ravel(),
        THRESHOLD: arrays[THRESHOLD].ravel(),
        ABSENT: arrays[ABSENT].ravel(),
        low: np.array(-EVERYTHING, np.float32),
        high: np.array(EVERYTHING, np.float32),
        shape: np.array([-1, count, splits]),
    }
    steps: list[tuple[str, list[str], str, dict[str, Any]]] = [
        ("Gather", [rows, FEATURE], "trees_cells", {"axis": 1}),
        ("IsNaN", ["trees_cells"], "trees_missing", {}),
        ("Clip", ["trees_cells", low, high], "trees_finite", {}),
        ("Where", ["trees_missing", ABSENT, "trees_finite"], "trees_known", {}),
        ("Greater", ["trees_known", THRESHOLD], "trees_right", {}),
        ("Cast", ["trees_right"], "trees_number", {"to": TensorProto.FLOAT}),
        ("Reshape", ["trees_number", shape], "trees_by_row", {}),
        ("Transpose", ["trees_by_row"], "trees_by_tree", {"perm": [1, 0, 2]}),
        ("Cast", [WAYS], "trees_matrix", {"to": TensorProto.FLOAT}),
        ("MatMul", ["trees_by_tree", "trees_matrix"], "trees_turned", {}),
        ("Cast", [TURNS], "trees_needed", {"to": TensorProto.FLOAT}),
        ("Equal", ["trees_turned", "trees_needed"], "trees_reached", {}),
        ("Cast", ["trees_reached"], "trees_one", {"to": TensorProto.FLOAT}),
        ("MatMul", ["trees_one", VALUES], "trees_leaf", {}),
        ("ReduceSum", ["trees_leaf"], values, {"axes": [0], "keepdims": 0}),
    ]
    nodes = []
    for number, (operator, reads, output, attributes) in enumerate(steps):
        node = helper.make_node(operator, reads, [output], f"trees_{number}")
        node.attribute.extend(helper.make_attribute(key, attributes[key]) for key in attributes)
        nodes.append(node)
    return nodes, [numpy_helper.from_array(value, name) for name, value in constants.items()]


def _as_matrices(trees: TreeArrays) -> dict[str, Array]:
    """The arrays of the nodes, each with a row for each tree."""
    split = trees.feature != LEAF
    ends = [*trees.root[1:].tolist(), len(split)]
    parts = [np.arange(begin, end) for begin, end in zip(trees.root, ends, strict=True)]
    leaves = max(int((~split[part]).sum()) for part in parts)
    if leaves > MOST_LEAVES:
        raise StudentError(
            "the student is too large for --portable",
            found=f"a tree of {leaves} leaves",
            wanted=f"at most {MOST_LEAVES}",
            hint="set --max-leaves",
        )
    shape = len(parts), max(leaves - 1, 1)  # a split without leaves below has no effect
    found: dict[str, Array] = {
        FEATURE: np.zeros(shape, np.int64),
        THRESHOLD: np.zeros(shape, np.float32),
        ABSENT: np.zeros(shape, np.float32),
        WAYS: np.zeros((*shape, leaves), np.int8),
        TURNS: np.full((len(parts), 1, leaves), NEVER, np.int16),
        VALUES: np.zeros((len(parts), leaves, trees.values.shape[1]), np.float32),
    }
    number = np.cumsum(~split) - 1  # of a leaf among all leaves
    for t, part in enumerate(parts):
        inner, outer = part[split[part]], part[~split[part]]
        k, count = len(inner), len(outer)
        found[FEATURE][t, :k] = trees.feature[inner]
        found[THRESHOLD][t, :k] = trees.threshold[inner]
        found[ABSENT][t, :k] = np.where(trees.missing_left[inner], -np.inf, np.inf)
        ways = _ways(trees, inner, outer)
        found[WAYS][t, :k, :count] = ways
        found[TURNS][t, 0, :count] = (ways > 0).sum(axis=0)
        found[VALUES][t, :count] = trees.values[number[outer]]
    return found


def _ways(trees: TreeArrays, inner: Indices, outer: Indices) -> Array:
    """The way to each leaf at each split: -1 left, 1 right, 0 if it is not below; int8."""
    below: dict[int, list[int]] = {int(v): [k] for k, v in enumerate(outer)}
    ways = np.zeros((len(inner), len(outer)), np.int8)
    for k in reversed(range(len(inner))):  # children come after their parents
        v = int(inner[k])
        left, right = below[int(trees.left[v])], below[int(trees.right[v])]
        ways[k, left], ways[k, right] = -1, 1
        below[v] = left + right
    return ways


def read_plain_ensemble(graph: GraphProto) -> TreeArrays:
    """Read back the trees of `plain_ensemble`, their nodes numbered breadth first.

    Raises ValueError, KeyError or IndexError if the graph is not as it makes it.
    """
    from onnx import numpy_helper

    stored = {each.name: each for each in graph.initializer}
    read = {
        name: np.array(numpy_helper.to_array(stored[name]))
        for name in (FEATURE, THRESHOLD, ABSENT, WAYS, TURNS, VALUES)
    }
    count, splits, _ = read[WAYS].shape
    feature, threshold, missing_left = (
        value.reshape(count, splits) for value in (read[FEATURE], read[THRESHOLD], read[ABSENT] < 0)
    )
    # Each node as its feature, threshold, missing_left, left and right.
    nodes: list[tuple[int, float, bool, int, int]] = []
    root: list[int] = []
    values: list[Array] = []
    for t in range(count):
        ways, here = read[WAYS][t], np.flatnonzero(read[TURNS][t, 0] != NEVER)
        split_of = {np.flatnonzero(way).tobytes(): k for k, way in enumerate(ways)}
        root.append(len(nodes))
        waiting, ahead = [here], len(nodes) + 1
        for leaves in waiting:
            if len(leaves) == 1:
                nodes.append((LEAF, 0.0, False, len(nodes), len(nodes)))
                values.append(read[VALUES][t, leaves[0]])
                continue
            k = split_of[leaves.tobytes()]
            waiting += [leaves[ways[k, leaves] < 0], leaves[ways[k, leaves] > 0]]
            nodes.append(
                (int(feature[t, k]), threshold[t, k], bool(missing_left[t, k]), ahead, ahead + 1)
            )
            ahead += 2
    columns = list(zip(*nodes, strict=True))
    return TreeArrays(
        root=np.array(root),
        feature=np.array(columns[0]),
        threshold=np.array(columns[1], np.float32),
        missing_left=np.array(columns[2]),
        left=np.array(columns[3]),
        right=np.array(columns[4]),
        values=np.array(values, np.float32),
    )
