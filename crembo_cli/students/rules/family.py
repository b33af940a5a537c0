"""The family `rules`: at most 15 short conjunctions, asked in order, and an "otherwise"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from crembo_cli.students.contract import Floats, Student, Task
from crembo_cli.students.rules.draft import from_student, to_student
from crembo_cli.students.rules.fit import RuleFit
from crembo_cli.students.rules.model import RuleList, read_rules
from crembo_cli.students.rules.prune import prune_by_belief, without_unasked
from crembo_cli.students.tree.bins import bin_rows
from crembo_cli.students.tree.draft import exact_rewards, summed_by_node
from crembo_cli.students.tree.family import label_first

if TYPE_CHECKING:
    from onnx import GraphProto

FIRST_PASSES = 4  # over a list grown anew
NEXT_PASSES = 1  # and over one that starts from a neighbour
PRUNED_BY = 4_000  # fit rows at most that a list is pruned by, beside the held ones


@dataclass(frozen=True, kw_only=True)
class RulesFamily:
    """If these hold say this, else if those hold say that, and so on."""

    name: ClassVar[str] = "rules"
    summary: ClassVar[str] = "a short list of rules, asked in order; the easiest to read out"
    thresholds: ClassVar[int | None] = 8
    grid: ClassVar[tuple[Mapping[str, int], ...]] = ({"max_rules": 5}, {"max_rules": 15})
    readable: ClassVar[bool] = True

    max_rules: int = field(
        default=15,
        metadata={
            "help": "The most rules, the last word aside.",
            "minimum": 1,
            "maximum": 50,
        },
    )
    max_terms: int = field(
        default=2, metadata={"help": "The most conditions in a rule.", "minimum": 1, "maximum": 4}
    )
    alpha: float = field(
        default=0.0005,
        metadata={
            "help": "The mean belief, on fit and held rows, that a rule or term must earn to stay.",
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
    """Lists of rules for one task; the bins are shared by all of its fits."""

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
        """`student` pruned, mean beliefs in its rules, missing cells counted as most known ones.

        The latter is for the features that are never missing in the rows that were fitted on.
        Raises TypeError for a student of another family.
        """
        if not isinstance(student, RuleList):
            raise TypeError(f"a learner of rules finishes rules, not {type(student).__name__}")
        task = self.task
        if len(task.validation_rows):
            # Held rows alone are few, lie in clumps, and prune what they do not reach.
            every = -(-len(task.rows) // PRUNED_BY)
            rows = np.concatenate([task.rows[::every], task.validation_rows])
            beliefs = np.concatenate([task.beliefs[::every], task.validation_beliefs])
            student = prune_by_belief(student, rows, beliefs, self.family.alpha)
        known = ~np.asarray(np.isnan(task.rows).any(axis=0))[student.feature]
        mostly = student.holds(task.rows).mean(axis=0) >= 0.5
        counts_as = np.where(mostly, -student.sign, student.sign) * np.float32(np.inf)
        student = replace(student, missing=np.where(known, counts_as, student.missing))
        student = without_unasked(student, task.rows)
        predicted = student.rule_of(task.rows).astype(np.int32)
        sums = summed_by_node(predicted, exact_rewards(task.beliefs), len(student.label))
        return replace(student, probabilities=label_first(sums, student.label))
