"""What a leaf is worth: by the class that it predicts and by its probabilities.

A split (or a rule) may be worth its place in two ways: its parts predict better classes, or they
predict better probabilities of the same class. By labels alone a single leaf would be left
wherever one class is rare, however well the splits rank the rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crembo_cli.arrays import Doubles, Floats, Indices
from crembo_cli.students.contract import Task

SMOOTHING = 1.0  # rows of the root's mean probabilities that a leaf's rows are averaged with
SCORES_SHARE = 0.25  # of `information`, as the price of a leaf that only informs
LABEL_LEAD = 1e-4  # relative lead of the label's probability if the mean beliefs do not favour it
TINY = 1e-300  # in place of 0 where it is a divisor or has a logarithm


@dataclass(frozen=True, kw_only=True)
class Worth:
    """The weights of both kinds of worth, and the price of a leaf in the same unit."""

    label: float  # of the mean reward of the predicted classes
    information: float  # of the cross-entropy, as a share of the root's
    leaf: float

    @classmethod
    def of(cls, objective: str, alpha: float, information: float) -> Worth:
        """The weights of an objective, "labels" or "scores".

        With "labels" a leaf must earn 1, in units of `alpha` of mean reward and `information` of
        the root's entropy together (multiplied by both, so that either may be 0). With "scores"
        it must earn SCORES_SHARE of `information`, and labels count nothing.
        """
        if objective == "scores":
            return cls(label=0.0, information=1.0, leaf=SCORES_SHARE * information)
        return cls(label=information, information=alpha, leaf=alpha * information)

    def information_per_reward(self, beliefs: Floats) -> float:
        """How much reward a nat of log-likelihood of the rows with `beliefs` (n, c) is worth."""
        if self.label == 0:
            return 0.0
        sums = beliefs.sum(axis=0, dtype=np.float64)[None]
        entropy = float(cross_entropies(sums, unsmoothed_means(sums))[0])
        return self.information / self.label * float(sums.sum()) / max(entropy, TINY)

    def of_leaves(
        self, label: Indices, means: Doubles, sums: Doubles, rewards: Doubles, root: Doubles
    ) -> Doubles:
        """What leaves are worth that predict the classes `label` (m,), float64 (m,).

        `means` (m, c) are the probabilities that they predict, `sums` (m, c) the summed teacher
        probabilities of the rows that reach them, and `rewards` (m, c) their summed rewards;
        `root` (c,) are the summed probabilities of all rows.
        """
        entropy = float(cross_entropies(root[None], unsmoothed_means(root[None]))[0])
        by_label = rewards[np.arange(len(label)), label] / max(root.sum(), TINY)
        by_information = -cross_entropies(sums, means) / max(entropy, TINY)
        return np.asarray(self.label * by_label + self.information * by_information)


def utilities_of(task: Task) -> Doubles:
    """The utilities of `task`, float64 (c, c); without any, the identity."""
    if task.utilities is None:
        return np.eye(task.beliefs.shape[1])
    return task.utilities


def smooth_means(sums: Doubles, root: Doubles) -> Doubles:
    """Mean probabilities, float64 (m, c), of summed ones; those of few rows stay near the root's.

    `sums` (m, c) are the summed probabilities of the rows of each leaf, `root` (c,) those of all
    rows: a leaf's rows are averaged with SMOOTHING rows of the root's mean.
    """
    prior = root / max(root.sum(), TINY)
    total = sums.sum(axis=1, keepdims=True) + SMOOTHING
    return np.asarray((sums + SMOOTHING * prior) / total)


def unsmoothed_means(sums: Doubles) -> Doubles:
    """Mean probabilities, float64 (m, c), of summed ones; 0 where there are no rows."""
    return np.asarray(sums / np.maximum(sums.sum(axis=1, keepdims=True), TINY))


def cross_entropies(sums: Doubles, means: Doubles) -> Doubles:
    """The summed cross-entropy, nats, float64 (m,), of rows with summed probabilities `sums`.

    `means` (m, c) are the predicted probabilities. A class without probability costs nothing.
    """
    logs = np.log(np.maximum(means, TINY))
    return np.asarray(-np.where(sums > 0, sums * logs, 0.0).sum(axis=1))


def label_first(means: Doubles, label: Indices, utilities: Doubles | None = None) -> Floats:
    """Mean beliefs `means` (m, c) as float32, changed just enough that the label is the largest.

    A leaf's label maximises the reward at a threshold and may not have the largest expected
    utility (probability, without `utilities` (c, c)). It must lead, because the exported student
    predicts by it: the means are moved towards certainty of the label until it does.
    """
    each = np.arange(len(means))
    if utilities is None:
        raised, others = means.copy(), means.copy()
        others[each, label] = -1.0
        floor = others.max(axis=1) * (1 + LABEL_LEAD)
        raised[each, label] = np.maximum(means[each, label], floor)
        return np.asarray(raised / raised.sum(axis=1, keepdims=True), np.float32)
    values = means @ utilities
    behind = values - values[each, label][:, None] + LABEL_LEAD
    ahead = utilities[label, label][:, None] - utilities[label]
    behind[each, label] = 0.0
    share = np.maximum(behind / np.maximum(behind + ahead, TINY), 0.0).max(axis=1)[:, None]
    return np.asarray((1 - share) * means + share * np.eye(means.shape[1])[label], np.float32)
