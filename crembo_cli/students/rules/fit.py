"""A list for rewards: rules added one by one, then each chosen anew in turn."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from crembo_cli.students.contract import Floats, Indices
from crembo_cli.students.rules.draft import Rule, first_that_holds
from crembo_cli.students.rules.search import best_rule
from crembo_cli.students.tree.bins import Bins
from crembo_cli.students.tree.draft import exact_rewards, summed_by_node

HOPE = 0.8  # how far, at first, rows left over are counted as if they will be given their best
LEAST_HOPE = 0.05  # below it, what gains only by hoping less is looked for without any


class RuleFit:
    """Rules for one matrix of exact rewards (n, c) (see `tree.rewards`), as they come to be."""

    def __init__(self, bins: Bins, rewards: Floats, most_terms: int, threads: int) -> None:
        self.bins, self.rewards = bins, rewards
        self.most_terms, self.threads = most_terms, threads
        self.rules: list[Rule] = []
        self.holds: list[NDArray[np.bool_]] = []
        self.otherwise = int(rewards.sum(axis=0, dtype=np.float64).argmax())

    def begin_from(self, rules: list[Rule], otherwise: int) -> None:
        """Take these rules as they are."""
        self.rules, self.otherwise = list(rules), otherwise
        self.holds = [rule.holds(self.bins) for rule in rules]

    def objective(self) -> float:
        """The sum of the rewards of what the list says."""
        predicted = self._said(first_that_holds(self.holds, len(self.rewards)))
        return float(self.rewards[np.arange(len(predicted)), predicted].sum(dtype=np.float64))

    def grow(self, count: int) -> None:
        """Add rules at the end until there are `count`, or until none gains.

        What a row earns if a rule leaves it to later ones is not known yet: it is taken to lie
        between what the "otherwise" gives it and its best, nearer to that as more rules follow.
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
        """Choose every rule anew, the last first, where the list earns more; up to `passes`."""
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
        kept = some[np.arange(len(here)), self._said(later)]
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

    def _said(self, rule: Indices) -> Indices:
        labels = np.array([*(each.label for each in self.rules), self.otherwise])
        return labels[rule]
