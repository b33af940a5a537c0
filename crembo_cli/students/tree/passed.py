"""What passes each node of a tree: the figures that pruning and the leaves' beliefs rest on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from crembo_cli.students.contract import Floats, Indices
from crembo_cli.students.tree.draft import summed_by_node
from crembo_cli.students.tree.model import Tree
from crembo_cli.students.tree.rewards import exact_rewards

A = TypeVar("A", np.int64, np.float64)


@dataclass(frozen=True, kw_only=True)
class Passed:
    """What passes each of m nodes of n rows."""

    rows: Indices  # (m,) how many of them
    absent: Indices  # (m,) how many of those lack the value that the node asks for
    beliefs: NDArray[np.float64]  # (m, c) the sum of their beliefs

    def at(self, nodes: Indices) -> Passed:
        """The same of `nodes` only."""
        return Passed(rows=self.rows[nodes], absent=self.absent[nodes], beliefs=self.beliefs[nodes])


def passed_by(tree: Tree, rows: Floats, beliefs: Floats) -> Passed:
    """What passes the nodes of `tree`, of float32 rows (n, p) with beliefs (n, c)."""
    m, leaf = len(tree.feature), tree.leaves_of(rows)
    absent = np.zeros(m, np.int64)
    for feature in np.unique(tree.feature[tree.splits()]):
        missing = np.isnan(rows[:, feature])
        if missing.any():
            here = tree.feature == feature
            absent[here] = _upwards(tree, np.bincount(leaf[missing], minlength=m))[here]
    return Passed(
        rows=_upwards(tree, np.bincount(leaf, minlength=m)),
        absent=absent,
        beliefs=_upwards(tree, summed_by_node(leaf, exact_rewards(beliefs), m)),
    )


def _upwards(tree: Tree, sums: NDArray[A]) -> NDArray[A]:
    """`sums` (m, ...) at the leaves, passed on to the nodes above, in place."""
    for begin, end in tree.levels()[-2::-1]:
        splits = begin + np.flatnonzero(~tree.is_leaf()[begin:end])
        sums[splits] = sums[tree.left[splits]] + sums[tree.right[splits]]
    return sums
