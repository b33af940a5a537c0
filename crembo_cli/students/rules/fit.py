"""Fit a list of rules to rewards: add rules one by one, then replace each in turn."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from crembo_cli.students.contract import Floats, Indices
from crembo_cli.students.rules.draft import Rule, first_that_holds
from crembo_cli.students.rules.search import best_rule
from crembo_cli.students.tree.bins import Bins
from crembo_cli.students.tree.grow import exact_rewards, summed_by_node

HOPE = 0.8  # at first, the share of its best reward that a row left to later rules counts as
LEAST_HOPE = 0.05  # below it, 0 instead


class RuleFit:
    """A list of rules under construction, for exact rewards (n, c), see `exact_rewards`."""

    def __init__(self, bins: Bins, rewards: Floats, most_terms: int, threads: int) -> None:
        self.bins, self.rewards = bins, rewards
        self.most_terms, self.threads = most_terms, threads
        self.rules: list[Rule] = []
        self.holds: list[NDArray[np.bool_]] = []
        self.otherwise = int(rewards.sum(axis=0, dtype=np.float64).argmax())

    def begin_from(self, rules: list[Rule], otherwise: int) -> None:
        """Start from these rules."""
        self.rules, self.otherwise = list(rules), otherwise
        self.holds = [rule.holds(self.bins) for rule in rules]

    def objective(self) -> float:
        """Return the sum of the rewards of the list's predictions."""
        predicted = self._labels_of(first_that_holds(self.holds, len(self.rewards)))
        return float(self.rewards[np.arange(len(predicted)), predicted].sum(dtype=np.float64))

    def grow(self, count: int) -> None:
        """Add rules at the end until there are `count`, or until none gains.

        The reward of a row that a rule leaves to later ones is not known yet. It is assumed to
        lie between the reward of the default rule and its best one, nearer to the best the more
        rules follow.
        """
        best, hope = self.rewards.max(axis=1), HOPE
        while len(self.rules) < count:
            k = len(self.rules)
            rest = np.flatnonzero(first_that_holds(self.holds, len(best)) == k)
            if len(rest) == 0:
                return
            some = self.rewards[rest]
            share = np.float32(hope * (count - 1 - k) / max(count - 1, 1))
            otherwise = some[:, self.otherwise]
            hoped = exact_rewards(share * best[rest] + (1 - share) * otherwise)
            gains = some - np.maximum(hoped, otherwise)[:, None]
            rule, score = best_rule(self.bins, rest, gains, self.most_terms, self.threads, None)
            if score <= 0:
                if share == 0:
                    return
                hope = hope / 2 if hope > LEAST_HOPE else 0.0
                continue
            self.rules.append(rule)
            self.holds.append(rule.holds(self.bins))
            self._relabel()

    def refine(self, passes: int) -> None:
        """Replace each rule by a better one, the last first, in up to `passes` passes."""
        for _ in range(passes):
            before = self.objective()
            for k in reversed(range(len(self.rules))):
                self._refine_rule(k)
            self._relabel()
            if self.objective() == before:
                return

    def _refine_rule(self, k: int) -> None:
        first = first_that_holds(self.holds, len(self.rewards))
        here = np.flatnonzero(first >= k)
        later = k + 1 + first_that_holds([holds[here] for holds in self.holds[k + 1 :]], len(here))
        some = self.rewards[here]
        kept = some[np.arange(len(here)), self._labels_of(later)]
        old = self.rules[k]
        now = float((some[:, old.label] - kept)[first[here] == k].sum(dtype=np.float64))
        rule, score = best_rule(
            self.bins, here, some - kept[:, None], self.most_terms, self.threads, old
        )
        if score > now:
            self.rules[k] = rule
            self.holds[k] = rule.holds(self.bins)

    def _relabel(self) -> None:
        first = first_that_holds(self.holds, len(self.rewards))
        sums = summed_by_node(first.astype(np.int32), self.rewards, len(self.rules) + 1)
        for k, rule in enumerate(self.rules):
            if sums[k].max() > sums[k, rule.label]:
                self.rules[k] = Rule(terms=rule.terms, label=int(sums[k].argmax()))
        if sums[-1].max() > sums[-1, self.otherwise]:
            self.otherwise = int(sums[-1].argmax())

    def _labels_of(self, rule: Indices) -> Indices:
        labels = np.array([*(each.label for each in self.rules), self.otherwise])
        return labels[rule]
