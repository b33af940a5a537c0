"""A tree under construction, in codes: what growth makes and TAO mends in place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crembo_cli.students.contract import Floats, Indices
from crembo_cli.students.tree.bins import Bins
from crembo_cli.students.tree.model import LEAF, Tree


@dataclass(kw_only=True)
class Draft:
    """As `Tree`, with codes for thresholds and without probabilities; arrays are written to."""

    feature: NDArray[np.int32]  # (m,)
    cut: NDArray[np.int64]  # (m,) codes <= cut go left
    missing_left: NDArray[np.bool_]  # (m,)
    left: NDArray[np.int32]  # (m,)
    right: NDArray[np.int32]  # (m,)
    label: Indices  # (m,)

    def levels(self) -> list[tuple[int, int]]:
        """The first node and the node after the last, of each level from the root's down."""
        found = [(0, 1)]
        while True:
            begin, end = found[-1]
            splits = np.arange(begin, end)[self.feature[begin:end] != LEAF]
            if len(splits) == 0:
                return found
            found.append((int(self.left[splits[0]]), int(self.right[splits[-1]]) + 1))

    def descend(
        self, bins: Bins, rows: NDArray[np.int32], node: NDArray[np.int32], levels: int
    ) -> None:
        """Move each of `rows` at most `levels` splits down from `node[row]`, in place."""
        from crembo_cli.students.tree.kernels import descend

        descend(
            bins.codes, rows, node, self.feature, self.cut, self.missing_left,
            self.left, self.right, levels,
        )  # fmt: skip

    def to_tree(self, bins: Bins, classes: int) -> Tree:
        """The tree in values; its probabilities are one-hot at the label."""
        threshold = np.zeros(len(self.feature), np.float32)
        for v in np.flatnonzero(self.feature != LEAF):
            threshold[v] = bins.threshold(int(self.feature[v]), int(self.cut[v]))
        return Tree(
            feature=self.feature,
            threshold=threshold,
            missing_left=self.missing_left,
            left=self.left,
            right=self.right,
            label=self.label,
            probabilities=np.eye(classes, dtype=np.float32)[self.label],
        )


def from_tree(tree: Tree, bins: Bins) -> Draft:
    """The draft of `tree`, its thresholds moved to the nearest edges of `bins` from below."""
    cut = np.zeros(len(tree.feature), np.int64)
    for v in np.flatnonzero(~tree.is_leaf()):
        cut[v] = bins.cut(int(tree.feature[v]), tree.threshold[v])
    return Draft(
        feature=tree.feature.copy(),
        cut=cut,
        missing_left=tree.missing_left.copy(),
        left=tree.left.copy(),
        right=tree.right.copy(),
        label=tree.label.copy(),
    )


def summed_by_node(
    node: NDArray[np.int32], rows: NDArray[np.int32], values: Floats, count: int
) -> NDArray[np.float64]:
    """For each of `count` nodes, the sum of `values` (n, c) over its rows: float64 (count, c)."""
    from crembo_cli.students.tree.kernels import sum_by_node

    sums = np.zeros((count, values.shape[1]))
    sum_by_node(node, rows, values, sums)
    return sums
