"""CART: regression trees grown by squared error alone, neither re-optimised nor pruned.

Breiman, Friedman, Olshen & Stone, "Classification and Regression Trees", 1984. With one-hot
targets squared error is the Gini impurity, and the same tree is their classification tree.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crembo_cli.arrays import LEAF, Bools, Doubles, Floats, Indices, Int32s
from crembo_cli.students.tree.bins import MISSING, Bins
from crembo_cli.students.tree.descent import leaves_of
from crembo_cli.students.tree.grow import Draft, leaves, summed_by_node
from crembo_cli.students.tree.splits import by_means

PURE = 1e-10  # mean squared distance from the mean; a node below it is not split


@dataclass(frozen=True, kw_only=True)
class Cart:
    """A regression tree over m nodes, parents before children; node 0 is the root."""

    feature: Int32s  # (m,) the column that a split tests; LEAF at a leaf
    threshold: Floats  # (m,) values <= threshold go left; 0 at a leaf
    missing_left: Bools  # (m,) whether NaN goes left; False at a leaf
    left: Int32s  # (m,) the left child, followed by the right one; at a leaf, the node itself
    means: Doubles  # (m, c) of the targets of each leaf's rows; 0 at splits

    @property
    def right(self) -> Int32s:
        """Return the right child of each node; at a leaf, the node itself."""
        return np.asarray(self.left + (self.feature != LEAF), np.int32)

    def leaves_of(self, rows: Floats) -> Int32s:
        """Return the leaf of each row: int32 (n,), for float32 rows (n, p)."""
        return leaves_of(self, rows)

    def predict(self, rows: Floats) -> Doubles:
        """Return the mean target of the leaf of each row: float64 (n, c)."""
        return self.means[self.leaves_of(rows)]


def grow_cart(
    bins: Bins,
    targets: Floats,
    *,
    max_depth: int | None,
    max_leaves: int | None = None,
    least: int = 1,
    threads: int = 1,
) -> Cart:
    """Grow a tree on `targets` (n, c), within the limits that are given.

    Each node is split where the squared error falls most, with at least `least` rows on each
    side; of equal splits, the lowest feature and threshold. A node whose targets differ is split
    even without a gain, because its children may gain. With `max_leaves` the node with the
    largest gain is split first. At splits where no value was missing, missing values go the way
    of most rows.
    """
    targets = np.ascontiguousarray(targets, np.float32)
    n = len(targets)
    most = n if max_leaves is None else min(max_leaves, n)
    if max_depth is not None:
        most = min(most, 2**max_depth)
    squares = np.square(targets, dtype=np.float64).sum(axis=1)
    draft, node = leaves(2 * most - 1), np.zeros(n, np.int32)
    waiting = leaves(2 * most - 1)  # the best split of each leaf that may be split
    gain = np.full(2 * most - 1, -np.inf)
    depth = np.zeros(2 * most - 1, np.int64)
    end, fresh = 1, np.zeros(1, np.int64)
    while (end + 1) // 2 < most:
        if max_depth is not None:
            fresh = fresh[depth[fresh] < max_depth]
        fresh, slot = _divisible(fresh, node, targets, squares, least)
        if len(fresh):
            rows = np.flatnonzero(slot >= 0).astype(np.int32)
            found = by_means(bins, rows, slot[rows], targets, len(fresh), least, threads)
            gain[fresh] = found.score
            waiting.put(fresh, found, np.isfinite(found.score))
        some = np.flatnonzero(np.isfinite(gain[:end]))
        if len(some) == 0:
            break
        if max_leaves is not None:
            some = some[[np.argmax(gain[some])]]
        gain[some] = -np.inf
        draft.feature[some], draft.cut[some] = waiting.feature[some], waiting.cut[some]
        draft.missing_left[some] = waiting.missing_left[some]
        fresh = end + np.arange(2 * len(some))
        draft.left[some] = fresh[::2]
        depth[fresh] = np.repeat(depth[some] + 1, 2)
        lacking = _lacking(draft, bins, node, some)
        draft.descend(bins, node, 1, threads)
        end += len(fresh)
        count = np.bincount(node, minlength=end)[fresh]
        draft.missing_left[some] &= lacking
        draft.missing_left[some] |= ~lacking & (count[::2] > count[1::2])
    feature = draft.feature[:end]
    count = np.maximum(np.bincount(node, minlength=end), 1)
    return Cart(
        feature=feature,
        threshold=np.where(feature == LEAF, 0, bins.thresholds(feature, draft.cut[:end])).astype(
            np.float32
        ),
        missing_left=draft.missing_left[:end],
        left=draft.left[:end],
        means=summed_by_node(node, targets, end) / count[:, None],
    )


def _divisible(
    nodes: Indices, node: Int32s, targets: Floats, squares: Doubles, least: int
) -> tuple[Indices, Int32s]:
    """Return those of `nodes` with enough rows whose targets differ, and each row's place there.

    `squares` (n,) are the summed squares of the targets of each row. A row (n,) of another node
    has the place -1.
    """
    place = np.full(node.max() + 1, -1, np.int32)
    place[nodes] = np.arange(len(nodes))
    here = np.flatnonzero(place[node] >= 0)
    at, own = place[node[here]], targets[here]
    rows = np.bincount(at, minlength=len(nodes))
    sums = summed_by_node(at, own, len(nodes))
    spread = np.bincount(at, squares[here], len(nodes)) - (sums**2).sum(axis=1) / rows
    nodes = nodes[(rows >= max(2 * least, 2)) & (spread > PURE * rows)]
    place[:] = -1
    place[nodes] = np.arange(len(nodes))
    return nodes, place[node]


def _lacking(draft: Draft, bins: Bins, node: Int32s, nodes: Indices) -> Bools:
    """Return for each of `nodes`, splits, whether a row there lacks the value that it tests."""
    here = np.zeros(len(draft.feature), np.bool_)
    here[nodes] = True
    rows = np.flatnonzero(here[node])
    at = node[rows]
    absent = at[bins.codes[draft.feature[at], rows] == MISSING]
    return np.asarray(np.bincount(absent, minlength=len(here))[nodes] > 0)
