"""The family `tree`: grown by entropy, re-optimised by TAO, pruned on validation rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from crembo_cli.arrays import Doubles, Floats, Indices
from crembo_cli.students.contract import Student, Task
from crembo_cli.students.tree.bins import bin_rows
from crembo_cli.students.tree.grow import (
    Draft,
    NodeStats,
    exact_rewards,
    from_tree,
    grow,
    node_stats,
)
from crembo_cli.students.tree.model import Tree, read_tree
from crembo_cli.students.tree.prune import prune_by_gain, prune_to_leaves, prune_unreached
from crembo_cli.students.tree.refine import refine
from crembo_cli.students.tree.refine_worth import refine_worth
from crembo_cli.students.tree.regrow import split_leaves
from crembo_cli.students.tree.worth import Worth, label_first, smooth_means, utilities_of

if TYPE_CHECKING:
    from onnx import GraphProto

FIRST_PASSES = 15  # largest number of TAO passes for a newly grown tree
NEXT_PASSES = 4  # the same for a fit with a start
REGROWTHS = 10  # how often a tree with a limit of leaves is grown again, at most
LEAST_GAIN = 1e-9  # in worth, for another regrowth
INFORMED = 0.3  # in TAO, the weight of information, as a share of its weight in pruning
INFORMATION = 0.002
INFORMATION_HELP = {
    "help": "Minimum gain in information for a split to survive pruning; share of the entropy.",
    "minimum": 0.0,
    "maximum": 1.0,
}


@dataclass(frozen=True, kw_only=True)
class TreeFamily:
    """A decision tree: each split has one threshold on one feature, each leaf one class."""

    name: ClassVar[str] = "tree"
    summary: ClassVar[str] = "a decision tree; readable and small"
    thresholds: ClassVar[int | None] = None
    grid: ClassVar[tuple[Mapping[str, int], ...]] = tuple(
        {"max_depth": d} for d in (1, 2, 3, 4, 5, 6, 8)
    )
    readable: ClassVar[bool] = True

    max_depth: int = field(
        default=5, metadata={"help": "Maximum depth of the tree.", "minimum": 1, "maximum": 16}
    )
    max_leaves: int = field(
        default=2**16,
        metadata={
            "help": "Maximum number of leaves; the tree is grown to max_depth, then pruned.",
            "minimum": 2,
            "maximum": 2**16,
        },
    )
    alpha: float = field(
        default=0.0005,
        metadata={
            "help": "Minimum gain in mean belief for a split to survive pruning.",
            "minimum": 0.0,
            "maximum": 1.0,
        },
    )
    information: float = field(default=INFORMATION, metadata=INFORMATION_HELP)

    def learner(self, task: Task) -> TreeLearner:
        """Bin the rows of `task`, once for all fits."""
        return TreeLearner(self, task)

    @staticmethod
    def read(graph: GraphProto) -> Tree:
        """Read a tree back from the graph of its file; see `students.tree.read`."""
        return read_tree(graph)


class TreeLearner:
    """Fits trees for one task; all fits share the bins."""

    def __init__(self, family: TreeFamily, task: Task) -> None:
        self.family = family
        self.task = task
        self.bins = bin_rows(task.rows, task.threads)
        self.beliefs = exact_rewards(task.beliefs)
        self.utilities = utilities_of(task)
        self.soft_rewards = exact_rewards((task.beliefs @ self.utilities).astype(np.float32))

    def fit(self, rewards: Floats, start: Student | None = None) -> Tree:
        """See `students.contract.Learner.fit`; the sum of rewards is never lower than `start`'s."""
        rewards = exact_rewards(rewards)
        soft = start is None and np.array_equal(rewards, self.soft_rewards)
        if isinstance(start, Tree):
            draft, passes = from_tree(start, self.bins), NEXT_PASSES
        else:
            draft = grow(self.bins, rewards, self.family.max_depth, self.task.threads)
            passes = FIRST_PASSES
        tree = self._refine(draft, rewards, passes, soft)
        most = self.family.max_leaves
        if tree.is_leaf().sum() > most:
            tree = self._shrink(tree, rewards, soft)
        if soft and most < 2**self.family.max_depth:
            tree = self._regrow(tree, rewards)
        return tree

    def _refine(self, draft: Draft, rewards: Floats, passes: int, soft: bool) -> Tree:
        """The tree of `draft`, improved for the task's objective.

        Only where the rewards are those of the soft labels are probabilities improved too.
        """
        bins, threads = self.bins, self.task.threads
        scores = self.task.objective == "scores"
        weights = 0.0, 1.0
        if not scores:
            refine(draft, bins, rewards, passes, threads)
            information = INFORMED * self.worth().information_per_reward(self.beliefs)
            # At most 1 each, so that no gain is too large to be exact (see `worth_gains`).
            weights = 1.0 / max(information, 1.0), min(information, 1.0)
        if (scores or soft) and weights[1] > 0:
            refine_worth(draft, bins, self.beliefs, self.utilities, weights, passes, threads)
        return draft.to_tree(bins, rewards.shape[1])

    def _shrink(self, tree: Tree, rewards: Floats, soft: bool) -> Tree:
        """`tree` pruned to `max_leaves`; the smaller tree can be improved further."""
        tree = within_leaves(tree, self.task, self.worth(), self.family.max_leaves)
        return self._refine(from_tree(tree, self.bins), rewards, NEXT_PASSES, soft)

    def _regrow(self, tree: Tree, rewards: Floats) -> Tree:
        """`tree` with the places of its leaves searched again, as long as it is worth more."""
        family, threads = self.family, self.task.threads
        for _ in range(REGROWTHS):
            grown = split_leaves(tree, self.bins, self.beliefs, family.max_depth, threads)
            other = self._refine(from_tree(grown, self.bins), rewards, NEXT_PASSES, True)
            if other.is_leaf().sum() > family.max_leaves:
                other = self._shrink(other, rewards, True)
            if self._value(other) <= self._value(tree) + LEAST_GAIN:
                break
            tree = other
        return tree

    def _value(self, tree: Tree) -> float:
        """What the leaves of `tree` are worth together."""
        stats = node_stats(tree, self.task.rows, self.task.beliefs)
        kept = _worth(tree, stats, self.task, self.worth())[2]
        return float(kept[tree.is_leaf()].sum())

    def worth(self) -> Worth:
        """What a split must earn to survive pruning."""
        family = self.family
        return Worth.of(self.task.objective, family.alpha, family.information)

    def finish(self, student: Student) -> Tree:
        """Prune `student` and set the probabilities of its leaves; see `finish_tree`.

        Raises TypeError for a student of another family.
        """
        if not isinstance(student, Tree):
            raise TypeError(f"expected a Tree, got {type(student).__name__}")
        return finish_tree(student, self.task, self.worth())


def within_leaves(tree: Tree, task: Task, worth: Worth, most: int) -> Tree:
    """`tree` pruned to at most `most` leaves, on the training and validation rows together.

    Validation rows alone are few and clustered: pruned on them, trees of 16 leaves had .2 points
    less accuracy, .6 less fidelity and 3.5 less depth at 5 % (12 tables).
    """
    stats = node_stats(tree, task.rows, task.beliefs)
    return prune_to_leaves(tree, *_worth(tree, stats, task, worth), most)[0]


def _worth(
    tree: Tree, stats: NodeStats, task: Task, worth: Worth
) -> tuple[Indices, Doubles, Doubles]:
    """Each node's class as a leaf, what it is worth then, and what it is worth as it is: (m,).

    Without validation rows, as in MEMO, no prediction may change: a node whose leaves predict
    different classes is worth nothing as a leaf.
    """
    sums = stats.beliefs
    if len(task.validation_rows):
        validation = node_stats(tree, task.validation_rows, task.validation_beliefs)
        sums = sums + validation.beliefs
    common = tree.label.copy()
    for v in tree.splits()[::-1]:
        left, right = common[tree.left[v]], common[tree.right[v]]
        common[v] = left if left == right else -1
    utilities = utilities_of(task)
    alone = np.where(common >= 0, common, np.argmax(stats.beliefs @ utilities, axis=1))
    means, rewards = smooth_means(stats.beliefs, stats.beliefs[0]), sums @ utilities
    as_leaf = worth.of_leaves(alone, means, sums, rewards, sums[0])
    if not len(task.validation_rows):
        as_leaf[common < 0] = -np.inf
    return alone, as_leaf, worth.of_leaves(tree.label, means, sums, rewards, sums[0])


def finish_tree(tree: Tree, task: Task, worth: Worth) -> Tree:
    """`tree` pruned of splits that gain too little, ready to be scored.

    The gains are over the training and validation rows together: validation rows alone are few
    and clustered, and would prune what they do not reach.

    Leaves get their smoothed mean beliefs as probabilities. At splits where no training value was
    missing, missing values go the way of most rows.
    """
    stats = node_stats(tree, task.rows, task.beliefs)
    root = stats.beliefs[0]
    tree, stayed = prune_unreached(tree, stats.rows)
    stats = stats.at(stayed)
    tree, stayed = prune_by_gain(tree, *_worth(tree, stats, task, worth), worth.leaf)
    stats = stats.at(stayed)
    most_left = stats.rows[tree.left] >= stats.rows[tree.right]
    return replace(
        tree,
        probabilities=label_first(smooth_means(stats.beliefs, root), tree.label, task.utilities),
        missing_left=np.where(stats.absent > 0, tree.missing_left, most_left) & ~tree.is_leaf(),
    )
