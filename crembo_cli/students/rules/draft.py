"""Rules under construction, in codes of bins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crembo_cli.students.contract import Floats, Indices
from crembo_cli.students.rules.model import RuleList
from crembo_cli.students.tree.bins import MISSING, Bins


@dataclass(frozen=True, kw_only=True)
class Term:
    """One side of one cut."""

    feature: int
    cut: int  # codes <= cut are low
    low: bool  # which side holds
    missing: bool  # whether a missing cell holds

    def holds(self, bins: Bins) -> NDArray[np.bool_]:
        """Return where the term holds, bool (n,)."""
        codes = bins.codes[self.feature]
        low = codes <= self.cut
        return np.where(codes == MISSING, self.missing, low == self.low)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A conjunction and the class that it predicts."""

    terms: tuple[Term, ...]
    label: int

    def holds(self, bins: Bins) -> NDArray[np.bool_]:
        """Return where all terms hold, bool (n,)."""
        return all_of([term.holds(bins) for term in self.terms])


def all_of(holds: Sequence[NDArray[np.bool_]]) -> NDArray[np.bool_]:
    """Return where all of some terms, bool (n,) each, hold."""
    return np.asarray(np.logical_and.reduce(holds), np.bool_)


def first_that_holds(holds: list[NDArray[np.bool_]], n: int) -> Indices:
    """Return the first rule that holds on each of n rows; the number of rules if none does."""
    rule = np.full(n, len(holds))
    for k in reversed(range(len(holds))):
        rule[holds[k]] = k
    return rule


def to_student(rules: list[Rule], otherwise: int, bins: Bins, probabilities: Floats) -> RuleList:
    """Convert to values; `probabilities` is (rules + 1, c), the default rule last."""
    always = Term(feature=0, cut=int(bins.widths[0]) - 1, low=True, missing=True)
    most = max((len(rule.terms) for rule in rules), default=1)
    listed = [*(rule.terms for rule in rules), (always,)]
    terms = [term for row in listed for term in row + (row[0],) * (most - len(row))]
    feature = np.array([term.feature for term in terms], np.int32)
    low = np.array([term.low for term in terms])
    holds = np.array([term.missing for term in terms])
    threshold = bins.thresholds(feature, np.array([term.cut for term in terms]))
    # A value is > the threshold exactly where minus it is <= the float32 below minus that.
    with np.errstate(over="ignore"):
        above = np.nextafter(-threshold, np.float32(-np.inf))
    shape = len(listed), most
    return RuleList(
        feature=feature.astype(np.int64).reshape(shape),
        sign=np.where(low, 1, -1).astype(np.float32).reshape(shape),
        bound=np.where(low, threshold, above).reshape(shape),
        missing=np.where(holds == low, -np.inf, np.inf).astype(np.float32).reshape(shape),
        label=np.array([*(rule.label for rule in rules), otherwise]),
        probabilities=probabilities,
    )


def from_student(student: RuleList, bins: Bins) -> tuple[list[Rule], int]:
    """Convert from values, bounds moved down to the nearest edges of `bins`."""
    feature = student.feature.ravel().astype(np.int32)
    cut = bins.cuts(feature, student.thresholds().ravel())
    cut = cut.reshape(student.feature.shape)
    missing = student.holds_missing()
    rules = []
    for k in range(len(student.label) - 1):
        terms = tuple(
            Term(
                feature=int(student.feature[k, j]),
                cut=int(cut[k, j]),
                low=bool(student.sign[k, j] > 0),
                missing=bool(missing[k, j]),
            )
            for j in student.terms(k)
        )
        rules.append(Rule(terms=terms, label=int(student.label[k])))
    return rules, int(student.label[-1])
