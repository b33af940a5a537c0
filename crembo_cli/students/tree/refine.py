"""TAO: re-optimise the nodes in turn, each for the reward of the whole tree.

Carreira-Perpinan & Tavallali, "Alternating optimization of decision trees", NeurIPS 2018. With
the rest of the tree fixed, a row at a node matters only by its reward when sent left and its
reward when sent right; so one histogram pass over the difference finds the node's best split.
Nodes of one level share no rows and are optimised together, the deepest level first.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from crembo_cli.arrays import LEAF, Bools, Doubles, Floats, Indices, Int32s
from crembo_cli.students.tree.bins import Bins
from crembo_cli.students.tree.grow import Draft, best_labels, summed_by_node
from crembo_cli.students.tree.splits import by_gain, by_labels, group_rewards
from crembo_cli.threads import in_threads


def refine(draft: Draft, bins: Bins, rewards: Floats, passes: int, threads: int) -> list[float]:
    """Improve `draft` in place by up to `passes` TAO passes, for exact `rewards`, float32 (n, c).

    Returns the objective, sum over i of rewards[i, f(x_i)], before the first pass and after each
    one. It never falls; the passes end when no node can gain.
    """
    return Refinement(draft, bins, rewards, threads).run(passes)


class Refinement:
    """The passes over one draft, and the nodes that are due in the next pass.

    A node is due again once something below it or the set of its rows has changed: otherwise its
    split is still the best one.
    """

    def __init__(self, draft: Draft, bins: Bins, rewards: Floats, threads: int) -> None:
        self.draft, self.bins, self.rewards, self.threads = draft, bins, rewards, threads
        self.levels, self.parent = draft.levels(), draft.parents()
        self.is_split = draft.feature != LEAF
        self.due = self.is_split.copy()
        splits = draft.splits()
        children = draft.left[splits]
        over_leaves = ~self.is_split[children] & ~self.is_split[children + 1]
        self.lowest = np.zeros_like(self.due)
        self.lowest[splits[over_leaves]] = True

    def run(self, passes: int) -> list[float]:
        """Run the passes and return the objective before the first one and after each."""
        objective: list[float] = []
        while True:
            leaf = self.draft.leaves(self.bins, self.threads)
            sums = summed_by_node(leaf, self.rewards, len(self.parent))
            objective.append(self.relabel(sums))
            if len(objective) > passes or not self.due.any():
                return objective
            self.refine_lowest(self.parent[leaf], sums)
            node = leaf
            for begin, end in self.levels[-2::-1]:
                # A change below a node does not change the rows at the node.
                node = np.where(node < end, node, self.parent[node])
                here = np.zeros_like(self.due)
                here[begin:end] = (self.due & ~self.lowest)[begin:end]
                if here.any():
                    self._refine_upper(node, here)

    def relabel(self, sums: Doubles) -> float:
        """Give each leaf its best label by `sums` (m, c) and return the objective."""
        label = best_labels(sums, self.draft.label)
        self.mark_around(np.flatnonzero(label != self.draft.label))
        self.draft.label = label
        return float(np.take_along_axis(sums, label[:, None], axis=1).sum())

    def refine_lowest(self, above: Int32s, sums: Doubles) -> None:
        """Choose the splits above two leaves together with the leaves' labels.

        `above` (n,) is the split above each row's leaf, `sums` (m, c) the rewards by leaf.
        """
        draft, lowest = self.draft, np.flatnonzero(self.lowest & self.due)
        self.due[lowest] = False
        left, right = sums[draft.left[lowest]], sums[draft.left[lowest] + 1]
        both = left + right
        now = left.max(axis=1) + right.max(axis=1)
        # Two leaves with labels y and z have a reward of at most both[y] + both[z]. So a class
        # matters only if that sum, with the best other class, exceeds the current reward.
        second, first = np.partition(both, -2, axis=1)[:, -2:].T[:, :, None]
        counted = both + np.where(both < first, first, second) > now[:, None]
        open_ = np.flatnonzero(counted.any(axis=1))
        if len(open_) == 0:
            return
        rows, slot = self.slots(lowest[open_], above)
        groups = group_rewards(self.rewards, rows, slot, both[open_], counted[open_])
        best = by_labels(self.bins, groups, self.threads)
        better = best.score > now[open_]
        changed = draft.put(lowest[open_], best, better)
        self.mark_around(changed)

        leaf = above.copy()
        draft.descend(self.bins, leaf, 1, self.threads)
        sums = summed_by_node(leaf, self.rewards, len(self.parent))
        for side in (draft.left[changed], draft.left[changed] + 1):
            draft.label[side] = best_labels(sums[side], draft.label[side])

    def _refine_upper(self, node: Int32s, here: Bools) -> None:
        """Choose the splits `here`, bool (m,), by the rewards through the current subtrees.

        `node` (n,) is the node of each row at that level, or above it.
        """
        m = len(here)
        self.due[here] = False
        gain, kept = self.gains(node, here)
        care = np.flatnonzero(gain)
        at, gain = node[care], gain[care]
        now = np.bincount(at, kept[care], m)
        most = np.bincount(at, np.maximum(gain, 0), m)
        open_ = np.flatnonzero(most > now)
        if len(open_) == 0:
            return
        some, slot = self.slots(open_, at)
        rows = care[some].astype(np.int32)
        best = by_gain(self.bins, rows, slot, gain[some], len(open_), self.threads)
        self.mark_around(self.draft.put(open_, best, best.score > now[open_]))

    def gains(self, node: Int32s, here: Bools) -> tuple[Floats, Floats]:
        """Each row's reward when sent left at its node minus when sent right: float32 (n,).

        0 where the row's `node` (n,) is not one of `here`. Also the same gain of the rows that go
        left now, 0 for others.
        """
        from crembo_cli.students.tree.kernels import gains

        return self.run_kernel(gains, self.draft.label, node, here)

    def run_kernel(
        self, kernel: Callable[..., None], leaves: Indices | Doubles, node: Int32s, here: Bools
    ) -> tuple[Floats, Floats]:
        """Run one of the kernels `gains` and `score_gains`; `leaves` is what it reads of leaves."""
        n, route = len(node), self.draft.route()
        gain, kept = np.empty(n, np.float32), np.empty(n, np.float32)
        in_threads(
            lambda begin, end: kernel(
                self.bins.codes, begin, end, *route, leaves, self.rewards, node, here, gain, kept
            ),
            n, self.threads, work=20 * n,
        )  # fmt: skip
        return gain, kept

    def slots(self, nodes: Indices, at: Int32s) -> tuple[Int32s, Int32s]:
        """The entries of `at` that are among `nodes`, and the place of each one there."""
        slot_of = np.full(len(self.parent), -1, np.int32)
        slot_of[nodes] = np.arange(len(nodes))
        slot = slot_of[at]
        some = np.flatnonzero(slot >= 0).astype(np.int32)
        return some, slot[some]

    def mark_around(self, nodes: Indices) -> None:
        """Mark the splits above and below `nodes` as due; no node may be above another."""
        around = np.zeros_like(self.due)
        around[nodes] = True
        for _ in self.levels:
            around |= around[self.parent]
        around[nodes] = False
        above: NDArray[np.integer] = nodes
        for _ in self.levels[1:]:
            above = self.parent[above]
            around[above] = True
        self.due |= around & self.is_split
