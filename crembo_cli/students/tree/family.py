"""The family `tree`: grown on entropy, re-optimised by TAO, pruned on rows held back."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from crembo_cli.students.contract import Floats, Student, Task
from crembo_cli.students.tree.bins import bin_rows
from crembo_cli.students.tree.draft import from_tree
from crembo_cli.students.tree.grow import grow
from crembo_cli.students.tree.model import Tree
from crembo_cli.students.tree.prune import prune_by_belief, prune_same, rows_by_node
from crembo_cli.students.tree.refine import refine

FIRST_PASSES = 15  # TAO passes at most for a tree grown anew
NEXT_PASSES = 4  # and for one that starts from a neighbour
LABEL_LEAD = 1e-4  # by how much, relatively, the label's probability leads where beliefs would not


@dataclass(frozen=True, kw_only=True)
class TreeFamily:
    """A decision tree: one threshold on one feature a split, one class a leaf."""

    name: ClassVar[str] = "tree"
    summary: ClassVar[str] = "a decision tree; readable, and the smallest"
    thresholds: ClassVar[int | None] = None

    max_depth: int = field(
        default=5, metadata={"help": "The most splits above a leaf.", "minimum": 1, "maximum": 16}
    )
    alpha: float = field(
        default=0.0005,
        metadata={
            "help": "The mean belief on held rows that a split must earn to stay.",
            "minimum": 0.0,
            "maximum": 1.0,
        },
    )

    def learner(self, task: Task) -> TreeLearner:
        """Bin the rows of `task`, once for all fits."""
        return TreeLearner(self, task)


class TreeLearner:
    """Trees for one task; the bins are shared by all of its fits."""

    def __init__(self, family: TreeFamily, task: Task) -> None:
        self.family = family
        self.task = task
        self.bins = bin_rows(task.rows, task.threads)

    def fit(self, rewards: Floats, start: Student | None = None) -> Tree:
        """See `students.contract.Learner.fit`; from `start` the sum of rewards never falls."""
        rewards = np.ascontiguousarray(rewards, np.float32)
        threads = self.task.threads
        if isinstance(start, Tree):
            draft, passes = from_tree(start, self.bins), NEXT_PASSES
        else:
            draft = grow(self.bins, rewards, self.family.max_depth, threads)
            passes = FIRST_PASSES
        refine(draft, self.bins, rewards, passes, threads)
        return draft.to_tree(self.bins, rewards.shape[1])

    def finish(self, student: Student) -> Tree:
        """`student` pruned, missing values sent where most rows go, mean beliefs in its leaves.

        Raises TypeError for a student of another family.
        """
        if not isinstance(student, Tree):
            raise TypeError(f"a tree learner finishes trees, not {type(student).__name__}")
        task = self.task
        tree = prune_same(student, task.rows)
        if len(task.held_rows):
            held = rows_by_node(tree, tree.leaves_of(task.held_rows), task.held_beliefs)
            fitted = rows_by_node(tree, tree.leaves_of(task.rows), task.beliefs)
            tree = prune_by_belief(tree, fitted, held, self.family.alpha)
            tree = prune_same(tree, task.rows)
        leaf = tree.leaves_of(task.rows)
        sums = rows_by_node(tree, leaf, task.beliefs)
        tree = replace(tree, probabilities=label_first(sums, tree.label))
        return _settle_missing(tree, task.rows, leaf)


def label_first(sums: NDArray[np.float64], label: NDArray[np.int64]) -> Floats:
    """Mean beliefs from `sums` (m, c), float32, changed no more than the label needs to lead.

    A leaf's label maximises the reward at a threshold, which is not always the class with the
    largest mean belief. A reader of `probabilities` expects its argmax to be the label, so
    there the label's probability is raised just above the others and the row renormalised.
    """
    each = np.arange(len(sums))
    means = sums / np.maximum(sums.sum(axis=1, keepdims=True), 1e-300)
    others = means.copy()
    others[each, label] = -1.0
    floor = others.max(axis=1) * (1 + LABEL_LEAD)
    means[each, label] = np.maximum(means[each, label], floor)
    return np.asarray(means / means.sum(axis=1, keepdims=True), np.float32)


def _settle_missing(tree: Tree, rows: Floats, leaf: NDArray[np.int32]) -> Tree:
    """Where a split saw no missing value, send missing ones where most of its rows go."""
    ones = np.ones((len(rows), 1), np.float32)
    passed = rows_by_node(tree, leaf, ones)[:, 0]
    missing_left = tree.missing_left.copy()
    some_missing = np.isnan(rows).any(axis=0)
    seen = np.zeros(len(missing_left))
    if some_missing.any():
        node = np.zeros(len(rows), np.int64)
        for _ in range(int(tree.node_depths().max())):
            asked = tree.feature[node]
            value = rows[np.arange(len(rows)), np.maximum(asked, 0)]
            absent = np.isnan(value) & (asked >= 0)
            np.add.at(seen, node[absent], 1)
            left = np.where(np.isnan(value), tree.missing_left[node], value <= tree.threshold[node])
            node = np.where(left, tree.left[node], tree.right[node])
    unseen = ~tree.is_leaf() & (seen == 0)
    missing_left[unseen] = (passed[tree.left] >= passed[tree.right])[unseen]
    return replace(tree, missing_left=missing_left)
