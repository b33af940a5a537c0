"""The family `rules`: an ordered list of short conjunctions, and a default rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from crembo_cli.students.contract import Floats, Student, Task
from crembo_cli.students.rules.draft import from_student, to_student
from crembo_cli.students.rules.fit import RuleFit
from crembo_cli.students.rules.model import RuleList, read_rules
from crembo_cli.students.rules.prune import prune_by_belief, without_unused
from crembo_cli.students.tree.bins import bin_rows
from crembo_cli.students.tree.family import label_first
from crembo_cli.students.tree.grow import exact_rewards, summed_by_node

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
        work = RuleFit(self.bins, exact_rewards(rewards), self.family.max_terms, self.task.threads)
        passes = FIRST_PASSES
        if isinstance(start, RuleList):
            passes = NEXT_PASSES
            work.begin_from(*from_student(start, self.bins))
        work.grow(self.family.max_rules)
        work.refine(passes)
        labels = [*(rule.label for rule in work.rules), work.otherwise]
        sure = np.eye(rewards.shape[1], dtype=np.float32)[labels]
        return to_student(work.rules, work.otherwise, self.bins, sure)

    def finish(self, student: Student) -> RuleList:
        """Prune `student` and set its probabilities to the mean beliefs of each rule.

        A feature that is never missing in the training rows treats a missing cell as most rows.
        Raises TypeError for a student of another family.
        """
        if not isinstance(student, RuleList):
            raise TypeError(f"expected a RuleList, got a {type(student).__name__}")
        task = self.task
        if len(task.validation_rows):
            # Validation rows alone are few and clustered: they would prune what they do not reach.
            every = -(-len(task.rows) // PRUNED_BY)
            rows = np.concatenate([task.rows[::every], task.validation_rows])
            beliefs = np.concatenate([task.beliefs[::every], task.validation_beliefs])
            student = prune_by_belief(student, rows, beliefs, self.family.alpha)
        known = ~np.asarray(np.isnan(task.rows).any(axis=0))[student.feature]
        mostly = student.holds(task.rows).mean(axis=0) >= 0.5
        counts_as = np.where(mostly, -student.sign, student.sign) * np.float32(np.inf)
        student = replace(student, missing=np.where(known, counts_as, student.missing))
        student = without_unused(student, task.rows)
        predicted = student.rule_of(task.rows).astype(np.int32)
        sums = summed_by_node(predicted, exact_rewards(task.beliefs), len(student.label))
        return replace(student, probabilities=label_first(sums, student.label))
