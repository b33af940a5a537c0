"""Fit a list of rules to probabilities: each rule predicts the mean probabilities of its rows.

A rule may leave the predicted class as it is and still be worth its place, where its rows have
other probabilities than the rest. With the probabilities of all rules as they stand, a row earns
sum_k P_ik (log Q_rule,k - log Q_later,k) where a rule decides it instead of the later ones; so the
search for conjunctions is the one that labels use (see `students.tree.refine_scores`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from crembo_cli.arrays import Doubles, Floats
from crembo_cli.students.rules.draft import Rule, first_that_holds
from crembo_cli.students.rules.search import best_rule
from crembo_cli.students.tree.bins import Bins
from crembo_cli.students.tree.grow import summed_by_node
from crembo_cli.students.tree.worth import TINY, cross_entropies, smooth_means

ROUNDS = 2  # searches for one rule, each with the probabilities that the last one found


class ScoreFit:
    """A list of rules under construction, for exact beliefs (n, c), see `exact_rewards`."""

    def __init__(
        self, bins: Bins, beliefs: Floats, most_terms: int, threads: int, rules: list[Rule]
    ) -> None:
        self.bins, self.beliefs = bins, beliefs
        self.most_terms, self.threads = most_terms, threads
        self.rules = list(rules)
        self.holds: list[NDArray[np.bool_]] = [rule.holds(bins) for rule in rules]
        self.root = beliefs.sum(axis=0, dtype=np.float64)

    def objective(self) -> float:
        """The log-likelihood of the rules' probabilities under the beliefs, summed over rows."""
        sums = self._sums()
        return -float(cross_entropies(sums, smooth_means(sums, self.root)).sum())

    def grow(self, count: int, least: float) -> None:
        """Add rules at the end until there are `count`, or until one gains less than `least`."""
        now = self.objective()
        while len(self.rules) < count:
            k = len(self.rules)
            here = np.flatnonzero(first_that_holds(self.holds, len(self.beliefs)) == k)
            if len(here) == 0:
                return
            rest = self.beliefs[here]
            gains = rest - rest.mean(axis=0, dtype=np.float64)
            rule, _ = best_rule(
                self.bins, here, gains.astype(np.float32), self.most_terms, self.threads, None
            )
            for _ in range(ROUNDS):
                rule = self._search(here, rule, np.full(len(here), 0), rest.sum(axis=0)[None])
            self.rules.append(rule)
            self.holds.append(rule.holds(self.bins))
            gained = self.objective() - now
            if gained <= least:
                del self.rules[-1], self.holds[-1]
                return
            now += gained

    def refine(self, passes: int) -> None:
        """Replace each rule by a better one, the last first, in up to `passes` passes.

        The objective never falls.
        """
        now = self.objective()
        for _ in range(passes):
            before = now
            for k in reversed(range(len(self.rules))):
                now = self._refine_rule(k, now)
            if now == before:
                return

    def _refine_rule(self, k: int, now: float) -> float:
        first = first_that_holds(self.holds, len(self.beliefs))
        here = np.flatnonzero(first >= k)
        later = first_that_holds([holds[here] for holds in self.holds[k + 1 :]], len(here))
        sums = summed_by_node(later.astype(np.int32), self.beliefs[here], len(self.rules) - k)
        rule, holds = self.rules[k], self.holds[k]
        self.rules[k] = self._search(here, rule, later, sums)
        self.holds[k] = self.rules[k].holds(self.bins)
        found = self.objective()
        if found > now:
            return found
        self.rules[k], self.holds[k] = rule, holds
        return now

    def _search(
        self, here: NDArray[np.int64], rule: Rule, later: NDArray[np.int64], sums: Doubles
    ) -> Rule:
        """The rule that gains most on the rows `here`, with the probabilities of `rule`.

        `later` (r,) is the place, in `sums` (k, c), of what decides each row without the rule.
        """
        some = self.beliefs[here]
        inside = rule.holds(self.bins)[here]
        own = smooth_means(some[inside].sum(axis=0, dtype=np.float64)[None], self.root)
        others = smooth_means(sums, self.root)
        logs = np.log(np.maximum(own, TINY)) - np.log(np.maximum(others, TINY))
        gains = (some * logs[later]).sum(axis=1, dtype=np.float64)[:, None]
        found, _ = best_rule(
            self.bins, here, gains.astype(np.float32), self.most_terms, self.threads,
            Rule(terms=rule.terms, label=0),
        )  # fmt: skip
        return Rule(terms=found.terms, label=rule.label)

    def _sums(self) -> Doubles:
        rule = first_that_holds(self.holds, len(self.beliefs)).astype(np.int32)
        return summed_by_node(rule, self.beliefs, len(self.rules) + 1)
