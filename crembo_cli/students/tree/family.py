"""The family `tree`: grown by entropy, re-optimised by TAO, pruned on validation rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from crembo_cli.arrays import Doubles, Floats, Indices
from crembo_cli.students.contract import Student, Task
from crembo_cli.students.tree.bins import bin_rows
from crembo_cli.students.tree.grow import exact_rewards, from_tree, grow, node_stats
from crembo_cli.students.tree.model import Tree
from crembo_cli.students.tree.prune import prune_by_belief, prune_same, prune_to_leaves
from crembo_cli.students.tree.read import read_tree
from crembo_cli.students.tree.refine import refine

if TYPE_CHECKING:
    from onnx import GraphProto

FIRST_PASSES = 15  # largest number of TAO passes for a newly grown tree
NEXT_PASSES = 4  # the same for a fit with a start
LABEL_LEAD = 1e-4  # relative lead of the label's probability if the mean beliefs do not favour it


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

    def fit(self, rewards: Floats, start: Student | None = None) -> Tree:
        """See `students.contract.Learner.fit`; the sum of rewards is never lower than `start`'s."""
        rewards = exact_rewards(rewards)
        threads = self.task.threads
        if isinstance(start, Tree):
            draft, passes = from_tree(start, self.bins), NEXT_PASSES
        else:
            draft = grow(self.bins, rewards, self.family.max_depth, threads)
            passes = FIRST_PASSES
        refine(draft, self.bins, rewards, passes, threads)
        tree = draft.to_tree(self.bins, rewards.shape[1])
        if tree.is_leaf().sum() <= self.family.max_leaves:
            return tree
        # The rest of a pruned tree can be improved once it stands alone.
        draft = from_tree(within_leaves(tree, self.task, self.family.max_leaves), self.bins)
        refine(draft, self.bins, rewards, NEXT_PASSES, threads)
        return draft.to_tree(self.bins, rewards.shape[1])

    def finish(self, student: Student) -> Tree:
        """Prune `student` and write the mean beliefs in its leaves; see `finish_tree`.

        Raises TypeError for a student of another family.
        """
        if not isinstance(student, Tree):
            raise TypeError(f"expected a Tree, got {type(student).__name__}")
        return finish_tree(student, self.task, self.family.alpha)


def within_leaves(tree: Tree, task: Task, most: int) -> Tree:
    """`tree` pruned to at most `most` leaves, on the training and validation rows together.

    Validation rows alone are few and clustered: pruned on them, trees of 16 leaves had .2 points
    less accuracy, .6 less fidelity and 3.5 less depth at 5 % (12 tables).
    """
    fitted = node_stats(tree, task.rows, task.beliefs).beliefs
    both = fitted + node_stats(tree, task.validation_rows, task.validation_beliefs).beliefs
    return prune_to_leaves(tree, fitted, both, most)[0]


def finish_tree(tree: Tree, task: Task, alpha: float) -> Tree:
    """`tree` pruned of splits that gain less than `alpha` of mean belief, ready to be scored.

    The gain is over the training and validation rows together: validation rows alone are few and
    clustered, and would prune what they do not reach. Without validation rows no split is pruned
    by its gain.

    Leaves get their mean beliefs as probabilities. At splits where no training value was missing,
    missing values go the way of most rows.
    """
    stats = node_stats(tree, task.rows, task.beliefs)
    tree, stayed = prune_same(tree, stats.rows)
    stats = stats.at(stayed)
    if len(task.validation_rows):
        validation = node_stats(tree, task.validation_rows, task.validation_beliefs).beliefs
        tree, stayed = prune_by_belief(tree, stats.beliefs, validation + stats.beliefs, alpha)
        stats = stats.at(stayed)
        tree, stayed = prune_same(tree, stats.rows)
        stats = stats.at(stayed)
    most_left = stats.rows[tree.left] >= stats.rows[tree.right]
    return replace(
        tree,
        probabilities=label_first(stats.beliefs, tree.label),
        missing_left=np.where(stats.absent > 0, tree.missing_left, most_left) & ~tree.is_leaf(),
    )


def label_first(sums: Doubles, label: Indices) -> Floats:
    """Mean beliefs from `sums` (m, c), float32, changed only so far that the label leads.

    A leaf's label maximises the reward at a threshold and may not have the largest mean belief.
    The argmax of the probabilities must be the label, so the label's probability is then raised
    just above the others and the row is renormalised.
    """
    each = np.arange(len(sums))
    means = sums / np.maximum(sums.sum(axis=1, keepdims=True), 1e-300)
    others = means.copy()
    others[each, label] = -1.0
    floor = others.max(axis=1) * (1 + LABEL_LEAD)
    means[each, label] = np.maximum(means[each, label], floor)
    return np.asarray(means / means.sum(axis=1, keepdims=True), np.float32)
