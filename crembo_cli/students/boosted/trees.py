"""Several trees in one set of flat arrays, and the leaf of each row in each of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crembo_cli.arrays import LEAF
from crembo_cli.students.contract import Floats, Indices
from crembo_cli.students.tree.cart import Cart
from crembo_cli.students.tree.descent import move_down


@dataclass(frozen=True, kw_only=True, eq=False)
class Trees:
    """T binary trees of m nodes in all; a tree's nodes lie together, its root first."""

    root: Indices  # (T,)
    feature: Indices  # (m,) the column that a split tests; LEAF at a leaf
    threshold: Floats  # (m,) values <= threshold go left
    missing_left: NDArray[np.bool_]  # (m,) whether NaN goes left
    left: Indices  # (m,) the left child; at a leaf, the node itself
    right: Indices  # (m,) the right child; at a leaf, the node itself

    def is_leaf(self) -> NDArray[np.bool_]:
        """Return which nodes are leaves: bool (m,)."""
        return np.asarray(self.feature == LEAF)

    def depths(self) -> Indices:
        """Return how many splits lie above each node: int64 (m,)."""
        found = np.zeros(len(self.feature), np.int64)
        for v in np.flatnonzero(~self.is_leaf()):
            found[self.left[v]] = found[self.right[v]] = found[v] + 1
        return found

    def leaves_of(self, rows: Floats) -> Indices:
        """Return the leaf of each row in each tree, numbered among all leaves: int64 (n, T)."""
        node = move_down(self, rows, np.tile(self.root, (len(rows), 1)))
        return (np.cumsum(self.is_leaf()) - 1)[node]


def join(fitted: Sequence[Cart]) -> Trees:
    """Join the trees `fitted`, one after the other."""
    sizes = [len(tree.feature) for tree in fitted]
    root = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    before = np.repeat(root, sizes)
    return Trees(
        root=root,
        feature=np.concatenate([tree.feature for tree in fitted]).astype(np.int64),
        threshold=np.concatenate([tree.threshold for tree in fitted]),
        missing_left=np.concatenate([tree.missing_left for tree in fitted]),
        left=before + np.concatenate([tree.left for tree in fitted]),
        right=before + np.concatenate([tree.right for tree in fitted]),
    )
