"""The leaves that rows reach in trees of flat arrays."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from crembo_cli.arrays import LEAF, Bools, Floats, Int32s

FEW_ROWS = 20_000  # numpy moves as many down a tree in less time than numba needs to start
Integers = NDArray[np.signedinteger[Any]]


class Nodes(Protocol):
    """Nodes of trees: at a leaf, `feature` is LEAF and its children are the leaf itself."""

    @property
    def feature(self) -> Integers:
        """The column that each split tests, (m,)."""
        ...

    @property
    def threshold(self) -> Floats:
        """The threshold of each split, (m,): values up to it go left."""
        ...

    @property
    def missing_left(self) -> Bools:
        """Whether NaN goes left, (m,)."""
        ...

    @property
    def left(self) -> Integers:
        """The left child of each node, (m,)."""
        ...

    @property
    def right(self) -> Integers:
        """The right child of each node, (m,)."""
        ...


def leaves_of(nodes: Nodes, rows: Floats, few: int = FEW_ROWS) -> Int32s:
    """Return the leaf that each row reaches from node 0: int32 (n,), for float32 rows (n, p).

    Up to `few` rows are moved by numpy, more by numba, to the same leaves.
    """
    rows = np.ascontiguousarray(rows, np.float32)
    if len(rows) <= few:
        return move_down(nodes, rows, np.zeros(len(rows), np.int32)).astype(np.int32, copy=False)
    from crembo_cli.students.tree import kernels

    leaf = np.empty(len(rows), np.int32)
    right = np.asarray(nodes.right, np.int32)
    kernels.leaves_of(
        rows, nodes.feature, nodes.threshold, nodes.missing_left, nodes.left, right, leaf
    )
    return leaf


def move_down(nodes: Nodes, rows: Floats, node: Integers) -> Integers:
    """Return the leaf that each row reaches from its `node` (n,), or from each of T (n, T)."""
    each = np.arange(len(rows)).reshape(-1, *[1] * (node.ndim - 1))
    while (tested := nodes.feature[node]).max(initial=LEAF) != LEAF:
        cells = rows[each, np.maximum(tested, 0)]
        goes_left = np.where(
            np.isnan(cells), nodes.missing_left[node], cells <= nodes.threshold[node]
        )
        node = np.where(goes_left, nodes.left[node], nodes.right[node])
    return node
