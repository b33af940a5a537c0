"""Prune a list of rules by what each rule and condition is worth; see `students.tree.worth`."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from crembo_cli.arrays import Doubles
from crembo_cli.students.contract import Floats
from crembo_cli.students.rules.model import RuleList
from crembo_cli.students.tree.grow import summed_by_node
from crembo_cli.students.tree.worth import Worth, smooth_means


def prune_by_worth(
    student: RuleList, rows: Floats, beliefs: Floats, utilities: Doubles, worth: Worth
) -> RuleList:
    """Remove the rules and terms that are worth less than their price.

    The one that is worth least on `rows` (n, p), with exact `beliefs` (n, c) and `utilities`
    (c, c), goes first; then the others are computed again.
    """
    holds = student.holds(rows)
    root = beliefs.sum(axis=0, dtype=np.float64)
    kept = [student.terms(k) for k in range(len(student.label))]
    order = list(range(len(kept)))

    def value(rules: list[int], terms: list[list[int]]) -> float:
        rule = np.full(len(holds), len(rules) - 1, np.int32)
        for place in reversed(range(len(rules) - 1)):
            rule[holds[:, rules[place], terms[rules[place]]].all(axis=1)] = place
        sums = summed_by_node(rule, beliefs, len(rules))
        means, rewards = smooth_means(sums, root), sums @ utilities
        return float(worth.of_leaves(student.label[rules], means, sums, rewards, root).sum())

    now = value(order, kept)
    while True:
        options = [(order[:i] + order[i + 1 :], kept) for i in range(len(order) - 1)]
        for k in order[:-1]:
            for j in kept[k] if len(kept[k]) > 1 else ():
                fewer = [each for each in kept[k] if each != j]
                options.append((order, [*kept[:k], fewer, *kept[k + 1 :]]))
        values = [value(rules, terms) for rules, terms in options]
        if not options or now - max(values) >= worth.leaf:
            return _select_rules(student, kept, order)
        best = int(np.argmax(values))
        (order, kept), now = options[best], values[best]


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
