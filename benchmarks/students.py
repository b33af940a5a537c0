"""The students that the benchmark sets side by side, all of one tree depth.

Each is a function of a Job to a student; those of crembo go through the very functions that
the command uses.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from reference import reference_loop
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from teachers import Floats, Labels, Teacher

from crembo_cli.dataset.labelled import split_rows
from crembo_cli.search.defaults import VALIDATION_SIZE
from crembo_cli.search.student import Search, find_student
from crembo_cli.search.training_rows import TrainingRows, add_synthetic
from crembo_cli.students.contract import Student, Task
from crembo_cli.students.tree.family import TreeFamily

VALIDATION = 0.15  # the share of rows that the authors' loop picks its threshold by
LOOP_THRESHOLDS = 200  # of how many thresholds it may choose here (itself: of every one there is)
OPTIMAL_DEPTH, OPTIMAL_SECONDS = 3, 10  # pystreed proves small tables in less


class Says(Protocol):
    """All that is asked of a student here."""

    def predict(self, rows: Floats) -> Labels:
        """Class indices (n,)."""
        ...


@dataclass(frozen=True, kw_only=True)
class Job:
    """What a student is made from: the teacher's own training rows, n of them, c classes."""

    rows: Floats
    labels: Labels
    teacher: Teacher
    max_depth: int
    seed: int

    @cached_property
    def beliefs(self) -> Floats:
        """The teacher's beliefs on the rows: (n, c)."""
        return self.teacher.beliefs(self.rows)

    @cached_property
    def parts(self) -> list[TrainingRows]:
        """The rows to fit on and to choose by, with synthetic ones, as `crembo compress` does."""
        split = split_rows(
            self.labels, test_share=0, validation_share=VALIDATION_SIZE, seed=self.seed
        )
        parts = (
            TrainingRows(
                rows=self.rows[part],
                beliefs=self.beliefs[part],
                y_true=self.labels[part],
                real=len(part),
            )
            for part in (split.train, split.validation)
        )
        return add_synthetic(list(parts), self.teacher.beliefs, None, self.seed)


def crembo(job: Job, **options: Any) -> Student:
    """Our own: the path, and its choice."""
    train, validation = job.parts
    family = TreeFamily(max_depth=job.max_depth)
    return find_student(train, validation, family, Search(seed=job.seed, **options)).student


def crembo_accuracy(job: Job) -> Student:
    """The paper's Algorithm 2 with our learner."""
    return crembo(job, select="accuracy")


def crembo_memo(job: Job) -> Student:
    """The paper's Algorithm 1 with our learner."""
    return crembo(job, algorithm="memo")


def belief_student(job: Job) -> Student:
    """Soft-label distillation with our learner, rows and pruning: the path without thresholds."""
    return crembo(job, thresholds=0)


def reference(job: Job) -> Says:
    """The authors' loop."""
    split = split_rows(job.labels, test_share=0, validation_share=VALIDATION, seed=job.seed)
    validation = job.rows[split.validation], job.labels[split.validation]
    return reference_loop(
        job.rows[split.train],
        job.beliefs[split.train].astype(np.float64),
        validation,
        job.max_depth,
        job.seed,
        most=LOOP_THRESHOLDS,
    )


def cart_labels(job: Job) -> Says:
    """CART on the true labels."""
    return _cart(job).fit(job.rows, job.labels)


def cart_teacher(job: Job) -> Says:
    """CART on what the teacher says."""
    return _cart(job).fit(job.rows, np.argmax(job.beliefs, axis=1))


class SoftCart:
    """A CART of the beliefs themselves, by squared error."""

    def __init__(self, job: Job) -> None:
        self.tree_ = DecisionTreeRegressor(max_depth=job.max_depth, random_state=job.seed)
        self.tree_.fit(job.rows, job.beliefs)

    def predict(self, rows: Floats) -> Labels:
        """The class with the largest mean belief in the leaf."""
        return np.argmax(self.tree_.predict(rows), axis=1)


def tao_labels(job: Job) -> Student:
    """Our tree learner on the true labels, without a teacher: growth, then TAO."""
    c = job.beliefs.shape[1]
    y_true = np.eye(c, dtype=np.float32)[job.labels]
    nothing = np.empty((0, job.rows.shape[1]), np.float32), np.empty((0, c), np.float32)
    task = Task(
        rows=job.rows, beliefs=y_true, validation_rows=nothing[0], validation_beliefs=nothing[1]
    )
    learner = TreeFamily(max_depth=job.max_depth).learner(task)
    return learner.finish(learner.fit(y_true))


def optimal_labels(job: Job) -> Says:
    """The tree of depth 3 with the fewest errors on the labels that pystreed finds in time."""
    from pystreed import STreeDClassifier

    tree = STreeDClassifier(
        max_depth=OPTIMAL_DEPTH, n_thresholds=10, time_limit=OPTIMAL_SECONDS, random_seed=job.seed
    )
    return tree.fit(job.rows.astype(np.float64), job.labels)


def _cart(job: Job) -> DecisionTreeClassifier:
    return DecisionTreeClassifier(max_depth=job.max_depth, random_state=job.seed)


STUDENTS: dict[str, Callable[[Job], Says]] = {
    "crembo": crembo,
    "crembo accuracy": crembo_accuracy,
    "crembo memo": crembo_memo,
    "belief student": belief_student,
    "tao labels": tao_labels,
    "reference": reference,
    "cart labels": cart_labels,
    "cart teacher": cart_teacher,
    "cart soft": SoftCart,
    "optimal labels": optimal_labels,
}
BASELINES = ("reference", "tao labels", "belief student", "cart labels", "cart teacher")


def is_there(name: str) -> bool:
    """Whether what the student needs is installed."""
    needed = ("pystreed", "sksurv") if name == "optimal labels" else ()
    return all(importlib.util.find_spec(package) is not None for package in needed)


def leaves(student: Says) -> int:
    """The leaves of a student's tree."""
    if isinstance(student, Student):
        return student.size()["leaves"]
    tree: Any = student
    if hasattr(tree, "get_n_leaves"):
        return int(tree.get_n_leaves())
    return (
        int(tree.tree_.get_n_leaves()) if hasattr(tree, "tree_") else int(tree.tree.get_n_leaves())
    )
