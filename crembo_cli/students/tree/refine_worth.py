"""TAO on labels and probabilities at once, or on probabilities alone.

As in `students.tree.refine`, a row at a node matters only by what it earns when sent left and
when sent right. Here it earns, for the class y and the mean probabilities Q of the leaf that it
reaches, w (P U)_y + v sum_k P_k log Q_k: so much expected utility and so much log-likelihood, under
the teacher's probabilities P and the utilities U. Both are linear in P. With w = 0 a gain is
g_i = sum_k P_ik (log Q_left,k - log Q_right,k).

Why log-likelihood: with costs of errors, the depth of a student at a row is the expected utility
of what it predicts. The average of that over all cost ratios is a proper score of its
probabilities (Schervish 1989), as the soft labels are the average of the allowed labels over all
thresholds. So log loss is to the cost ratios what the soft-label student is to the thresholds.
"""

from __future__ import annotations

from copy import deepcopy

import numpy as np
from numpy.typing import NDArray

from crembo_cli.arrays import Bools, Doubles, Floats, Int32s
from crembo_cli.students.tree.bins import Bins
from crembo_cli.students.tree.grow import Draft, best_labels, summed_by_node
from crembo_cli.students.tree.refine import Refinement
from crembo_cli.students.tree.splits import by_entropy, group_rewards
from crembo_cli.students.tree.worth import cross_entropies, unsmoothed_means

FLOOR = 1e-6  # a leaf's probabilities, where a row's gain is computed


def refine_worth(
    draft: Draft,
    bins: Bins,
    beliefs: Floats,
    utilities: Doubles,
    weights: tuple[float, float],
    passes: int,
    threads: int,
) -> list[float]:
    """Improve `draft` in place by up to `passes` TAO passes, for exact `beliefs`, float32 (n, c).

    `utilities` is (c, c), the identity for plain labels; `weights` are those of utility and of
    log-likelihood. Returns the objective before the first pass and after each one. It never
    falls; the passes end when no node can gain.
    """
    return _WorthRefinement(draft, bins, beliefs, utilities, weights, threads).run(passes)


class _WorthRefinement(Refinement):
    """The passes over one draft; `rewards` are the teacher's probabilities."""

    def __init__(
        self,
        draft: Draft,
        bins: Bins,
        beliefs: Floats,
        utilities: Doubles,
        weights: tuple[float, float],
        threads: int,
    ) -> None:
        super().__init__(draft, bins, beliefs, threads)
        self.utilities, self.weights = utilities, weights
        if weights[0] > 0:
            # Labels and probabilities of two leaves have no common search: all nodes are alike.
            self.lowest[:] = False
        self.earned: Doubles = np.zeros((len(self.parent), beliefs.shape[1]))
        self.best, self.reached = deepcopy(draft), -np.inf

    def relabel(self, sums: Doubles) -> float:
        """Give each leaf its label and probabilities by `sums` (m, c); return the objective."""
        label = best_labels(sums @ self.utilities, self.draft.label)
        self.mark_around(np.flatnonzero(label != self.draft.label))
        self.draft.label = label
        utility = np.take_along_axis(sums @ self.utilities, label[:, None], axis=1).sum()
        likelihood = -cross_entropies(sums, unsmoothed_means(sums)).sum()
        objective = float(self.weights[0] * utility + self.weights[1] * likelihood)
        if objective < self.reached:
            # A gain was below the rounding of its rows: the draft before it is the better one.
            vars(self.draft).update(vars(self.best))
            self.due[:] = False
            return self.reached
        self.best, self.reached = deepcopy(self.draft), objective
        self._set_earned(np.arange(len(sums)), sums)
        return objective

    def _set_earned(self, leaves: NDArray[np.integer], sums: Doubles) -> None:
        """What a row of each class earns in `leaves` (k,), whose rows have the `sums` (k, c)."""
        logs = np.log(np.maximum(unsmoothed_means(sums), FLOOR))
        utility = self.utilities[:, self.draft.label[leaves]].T
        self.earned[leaves] = self.weights[0] * utility + self.weights[1] * logs

    def refine_lowest(self, above: Int32s, sums: Doubles) -> None:
        """Choose the splits above two leaves together with the leaves' probabilities.

        `above` (n,) is the split above each row's leaf, `sums` (m, c) the probabilities by leaf.
        """
        draft, lowest = self.draft, np.flatnonzero(self.lowest & self.due)
        self.due[lowest] = False
        left, right = sums[draft.left[lowest]], sums[draft.left[lowest] + 1]
        both = left + right
        open_ = np.flatnonzero((both > 0).sum(axis=1) > 1)
        if len(open_) == 0:
            return
        entropy = cross_entropies(left, unsmoothed_means(left))
        now = -(entropy + cross_entropies(right, unsmoothed_means(right)))[open_]
        rows, slot = self.slots(lowest[open_], above)
        groups = group_rewards(self.rewards, rows, slot, both[open_], both[open_] > 0)
        best = by_entropy(self.bins, groups, self.threads)
        # The two sums run over the rows in different orders: equal splits differ by roundings.
        changed = draft.put(lowest[open_], best, best.score > now + 1e-9 * np.abs(now))
        self.mark_around(changed)

        leaf = above.copy()
        draft.descend(self.bins, leaf, 1, self.threads)
        after = summed_by_node(leaf, self.rewards, len(self.parent))
        for side in (draft.left[changed], draft.left[changed] + 1):
            self._set_earned(side, after[side])

    def gains(self, node: Int32s, here: Bools) -> tuple[Floats, Floats]:
        """As `Refinement.gains`, of utility and log-likelihood."""
        from crembo_cli.students.tree.kernels import worth_gains

        return self.run_kernel(worth_gains, self.earned, node, here)
