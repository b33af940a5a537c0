"""The family `rules`: an ordered list of short conjunctions, and a default rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from crembo_cli.arrays import Doubles
from crembo_cli.students.contract import Floats, Student, Task
from crembo_cli.students.rules.draft import Rule, from_student, to_student
from crembo_cli.students.rules.fit import RuleFit
from crembo_cli.students.rules.fit_scores import ScoreFit
from crembo_cli.students.rules.model import RuleList, read_rules
from crembo_cli.students.rules.prune import prune_by_worth, without_unused
from crembo_cli.students.tree.bins import bin_rows
from crembo_cli.students.tree.family import INFORMATION, INFORMATION_HELP
from crembo_cli.students.tree.grow import exact_rewards, summed_by_node
from crembo_cli.students.tree.worth import (
    Worth,
    cross_entropies,
    label_first,
    smooth_means,
    unsmoothed_means,
    utilities_of,
)

if TYPE_CHECKING:
    from onnx import GraphProto

FIRST_PASSES = 4  # over a new list
NEXT_PASSES = 1  # over a list from a given start
PRUNED_BY = 4_000  # training rows used for pruning, at most, beside the validation rows


@dataclass(frozen=True, kw_only=True)
class RulesFamily:
    """If these conditions hold, predict this class; else if those hold, that one; and so on."""

    name: ClassVar[str] = "rules"
    summary: ClassVar[str] = "a short ordered list of rules; the easiest to read"
    thresholds: ClassVar[int | None] = 8
    grid: ClassVar[tuple[Mapping[str, int], ...]] = ({"max_rules": 5}, {"max_rules": 15})
    readable: ClassVar[bool] = True

    max_rules: int = field(
        default=15,
        metadata={
            "help": "Maximum number of rules, not counting the default rule.",
            "minimum": 1,
            "maximum": 50,
        },
    )
    max_terms: int = field(
        default=2,
        metadata={"help": "Maximum number of conditions in a rule.", "minimum": 1, "maximum": 4},
    )
    alpha: float = field(
        default=0.0005,
        metadata={
            "help": "Minimum gain in mean belief for a rule or condition to survive pruning.",
            "minimum": 0.0,
            "maximum": 1.0,
        },
    )
    information: float = field(default=INFORMATION, metadata=INFORMATION_HELP)

    def learner(self, task: Task) -> RulesLearner:
        """Bin the rows of `task`, once for all fits."""
        return RulesLearner(self, task)

    @staticmethod
    def read(graph: GraphProto) -> RuleList:
        """Return the rules in the graph of a student's file; see `students.rules.model`."""
        return read_rules(graph)


class RulesLearner:
    """Fits lists of rules for one task; all fits share the bins."""

    def __init__(self, family: RulesFamily, task: Task) -> None:
        self.family = family
        self.task = task
        self.bins = bin_rows(task.rows, task.threads)

    def fit(self, rewards: Floats, start: Student | None = None) -> RuleList:
        """See `students.contract.Learner.fit`; from `start` the sum of rewards never falls."""
        family, threads = self.family, self.task.threads
        rewards = exact_rewards(rewards)
        if self.task.objective == "scores":
            scores = ScoreFit(self.bins, rewards, family.max_terms, threads, [])
            scores.grow(family.max_rules, 0.0)
            scores.refine(FIRST_PASSES)
            return self._list(scores.rules, int(scores.root.argmax()), rewards.shape[1])
        work = RuleFit(self.bins, rewards, family.max_terms, threads)
        passes = FIRST_PASSES
        if isinstance(start, RuleList):
            passes = NEXT_PASSES
            work.begin_from(*from_student(start, self.bins))
        work.grow(family.max_rules)
        work.refine(passes)
        return self._list(work.rules, work.otherwise, rewards.shape[1])

    def finish(self, student: Student) -> RuleList:
        """Prune `student` and set its probabilities to the mean beliefs of each rule.

        The rows left to the default rule are first divided further by rules that predict its
        class with other probabilities. A feature that is never missing in the training rows
        treats a missing cell as most rows. Raises TypeError for a student of another family.
        """
        if not isinstance(student, RuleList):
            raise TypeError(f"expected a RuleList, got a {type(student).__name__}")
        task = self.task
        worth = Worth.of(task.objective, self.family.alpha, self.family.information)
        beliefs, utilities = exact_rewards(task.beliefs), utilities_of(task)
        if len(task.validation_rows):
            # Validation rows alone are few and clustered: they would prune what they do not reach.
            every = -(-len(task.rows) // PRUNED_BY)
            rows = np.concatenate([task.rows[::every], task.validation_rows])
            both = np.concatenate([beliefs[::every], exact_rewards(task.validation_beliefs)])
            student = prune_by_worth(student, rows, both, utilities, worth)
            student = self._divide_default(student, beliefs)
            student = prune_by_worth(student, rows, both, utilities, worth)
        else:
            student = self._divide_default(student, beliefs)
        known = ~np.asarray(np.isnan(task.rows).any(axis=0))[student.feature]
        mostly = student.holds(task.rows).mean(axis=0) >= 0.5
        counts_as = np.where(mostly, -student.sign, student.sign) * np.float32(np.inf)
        student = replace(student, missing=np.where(known, counts_as, student.missing))
        student = without_unused(student, task.rows)
        decided_by = student.rule_of(task.rows).astype(np.int32)
        sums = summed_by_node(decided_by, beliefs, len(student.label))
        return self._labelled(student, sums)

    def _divide_default(self, student: RuleList, beliefs: Floats) -> RuleList:
        """`student` with further rules of the default class, as far as they inform."""
        rules, otherwise = from_student(student, self.bins)
        family, threads = self.family, self.task.threads
        work = ScoreFit(self.bins, beliefs, family.max_terms, threads, rules)
        entropy = float(cross_entropies(work.root[None], unsmoothed_means(work.root[None]))[0])
        work.grow(family.max_rules, family.information * entropy)
        added = [Rule(terms=rule.terms, label=otherwise) for rule in work.rules[len(rules) :]]
        return self._list([*rules, *added], otherwise, beliefs.shape[1])

    def _labelled(self, student: RuleList, sums: Doubles) -> RuleList:
        """`student` with its probabilities, from the beliefs summed by rule (k, c).

        With the objective "scores", each rule predicts its most probable class.
        """
        means = smooth_means(sums, sums.sum(axis=0))
        if self.task.objective == "scores":
            student = replace(student, label=(means @ utilities_of(self.task)).argmax(axis=1))
        probabilities = label_first(means, student.label, self.task.utilities)
        return replace(student, probabilities=probabilities)

    def _list(self, rules: list[Rule], otherwise: int, classes: int) -> RuleList:
        """The rules as a student that is sure of its labels."""
        labels = [*(rule.label for rule in rules), otherwise]
        sure = np.eye(classes, dtype=np.float32)[labels]
        return to_student(rules, otherwise, self.bins, sure)
