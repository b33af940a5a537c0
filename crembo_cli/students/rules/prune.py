"""Prune a list of rules by the mean belief that each rule and condition earns."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from crembo_cli.students.contract import Floats
from crembo_cli.students.rules.model import RuleList


def prune_by_belief(student: RuleList, rows: Floats, beliefs: Floats, alpha: float) -> RuleList:
    """Remove the rules and terms that earn less than `alpha` of mean belief each.

    The one that earns least on `rows` (n, p), with `beliefs` (n, c), goes first; then the gains
    of the others are computed again.
    """
    holds = student.holds(rows)
    kept = [student.terms(k) for k in range(len(student.label))]
    order = list(range(len(kept)))
    now = _summed_beliefs(student, holds, beliefs, kept, order)
    while True:
        options = [(order[:i] + order[i + 1 :], kept) for i in range(len(order) - 1)]
        for k in order[:-1]:
            for j in kept[k] if len(kept[k]) > 1 else ():
                fewer = [each for each in kept[k] if each != j]
                options.append((order, [*kept[:k], fewer, *kept[k + 1 :]]))
        total_reward = [
            _summed_beliefs(student, holds, beliefs, terms, rules) for rules, terms in options
        ]
        if not options or now - max(total_reward) >= alpha * len(rows):
            return _select_rules(student, kept, order)
        best = int(np.argmax(total_reward))
        (order, kept), now = options[best], total_reward[best]


def _summed_beliefs(
    student: RuleList,
    holds: NDArray[np.bool_],
    beliefs: Floats,
    kept: list[list[int]],
    order: list[int],
) -> float:
    """The sum of the beliefs in the predictions of a list of those rules with those terms."""
    predicted = np.full(len(holds), student.label[-1])
    for k in reversed(order[:-1]):
        predicted[holds[:, k, kept[k]].all(axis=1)] = student.label[k]
    return float(beliefs[np.arange(len(predicted)), predicted].sum(dtype=np.float64))


def without_unused(student: RuleList, rows: Floats) -> RuleList:
    """Remove the rules that decide none of `rows` (n, p).

    If the default rule is one of them, the last of the others becomes the default.
    """
    last = len(student.label) - 1
    used = np.unique(student.rule_of(rows)).tolist()
    label = student.label.copy()
    label[last] = student.label[used[-1]]
    terms = [student.terms(k) for k in range(last + 1)]
    return _select_rules(replace(student, label=label), terms, [*used[:-1], last])


def _select_rules(student: RuleList, kept: list[list[int]], order: list[int]) -> RuleList:
    """The list of the rules in `order` with the terms `kept`; shorter rules repeat a term."""
    most = max(len(kept[k]) for k in order)
    column = np.array([(kept[k] + [kept[k][0]] * most)[:most] for k in order])
    row = np.array(order)[:, None]
    return replace(
        student,
        feature=student.feature[row, column],
        sign=student.sign[row, column],
        bound=student.bound[row, column],
        missing=student.missing[row, column],
        label=student.label[order],
        probabilities=student.probabilities[order],
    )
