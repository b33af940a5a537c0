"""An oblique tree under construction: its splits, and the way of each training row."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from crembo_cli.arrays import LEAF
from crembo_cli.students.contract import Floats, Indices
from crembo_cli.students.oblique.directions import Direction, stack
from crembo_cli.students.oblique.model import ObliqueTree, drop_unused

Int32s = NDArray[np.int32]


class Draft:
    """A tree of m nodes over n rows; splits and labels change, its shape does not."""

    def __init__(self, student: ObliqueTree, rows: Floats) -> None:
        self.tree, self.width = student.tree, student.features
        self.label = student.tree.label.copy()
        self.threshold = student.tree.threshold.copy()
        self.slanted: dict[int, Direction] = {}
        m = len(self.label)
        self.goes_left = np.zeros((m, len(rows)), np.bool_)
        self.splits = np.flatnonzero(~student.tree.is_leaf())
        sums = student.directions.of(rows)
        for v in self.splits:
            j = int(student.tree.feature[v])
            if j < self.width:
                cells = rows[:, j]
                absent = np.isnan(cells) & student.tree.missing_left[v]
                self.goes_left[v] = (cells <= self.threshold[v]) | absent
            else:
                self.slanted[int(v)] = student.directions.one(j - self.width)
                self.goes_left[v] = sums[:, j - self.width] <= self.threshold[v]

    def put(self, v: int, direction: Direction, sums: Floats, threshold: np.float32) -> None:
        """Replace split v: rows whose `sums` (n,) along `direction` are <= `threshold` go left."""
        self.slanted[v] = direction
        self.threshold[v] = threshold
        self.goes_left[v] = sums <= threshold

    def descend(self, node: Int32s, which: Indices) -> Int32s:
        """Return the leaf below `node` (k,) of each of the rows `which` (k,)."""
        node = node.copy()
        open_ = np.flatnonzero(self.tree.feature[node] != LEAF)
        while len(open_):
            at = node[open_]
            left = self.goes_left[at, which[open_]]
            node[open_] = np.where(left, self.tree.left[at], self.tree.right[at])
            open_ = open_[self.tree.feature[node[open_]] != LEAF]
        return node

    def levels(self) -> list[Indices]:
        """Return the splits by depth, the deepest first."""
        above = self.tree.node_depths()[self.splits]
        return [self.splits[above == d] for d in range(int(above.max(initial=-1)), -1, -1)]

    def to_student(self) -> ObliqueTree:
        """Return the student; its probabilities are one-hot at the label."""
        feature = self.tree.feature.copy()
        for s, v in enumerate(sorted(self.slanted)):
            feature[v] = self.width + s
        classes = self.tree.probabilities.shape[1]
        tree = replace(
            self.tree,
            feature=feature,
            threshold=self.threshold.copy(),
            label=self.label.copy(),
            probabilities=np.eye(classes, dtype=np.float32)[self.label],
        )
        return drop_unused(tree, stack([self.slanted[v] for v in sorted(self.slanted)]), self.width)
