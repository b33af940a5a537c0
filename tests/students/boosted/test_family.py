"""The family `boosted` fits what one tree cannot."""

from __future__ import annotations

import numpy as np
import pytest

from crembo_cli.students.boosted.family import BoostedFamily
from crembo_cli.students.boosted.model import exact_values
from crembo_cli.students.contract import Task
from crembo_cli.students.tree.family import TreeFamily


def circle() -> Task:
    """Two classes, inside and outside of a circle; a third column is noise."""
    rows = np.random.default_rng(0).normal(size=(800, 3)).astype(np.float32)
    outside = (rows[:, :2] ** 2).sum(axis=1) > 1.4
    beliefs = np.where(outside[:, None], [0.1, 0.9], [0.9, 0.1]).astype(np.float32)
    return Task(
        rows=rows, beliefs=beliefs, validation_rows=rows[:0], validation_beliefs=beliefs[:0]
    )


def test_sums_of_shallow_trees_make_a_circle() -> None:
    """Trees that each split twice fit together what no tree of three splits can."""
    task = circle()
    student = BoostedFamily(trees=30, max_depth=2).learner(task).fit(task.beliefs)
    tree = TreeFamily(max_depth=3).learner(task).fit(task.beliefs)
    right = task.beliefs.argmax(axis=1)
    assert (student.predict(task.rows) == right).mean() > 0.97
    assert (tree.predict(task.rows) == right).mean() < 0.95


def test_finished_probabilities_are_near_the_beliefs() -> None:
    """`finish` brings the probabilities near the beliefs and leaves the labels, up to rounding."""
    task = circle()
    learner = BoostedFamily(trees=30).learner(task)
    fitted = learner.fit(task.beliefs)
    sure = exact_values(fitted.trees, fitted.values * 50.0, fitted.begin * 50.0)
    student = learner.finish(sure)
    assert (student.predict(task.rows) == sure.predict(task.rows)).mean() > 0.99
    assert np.abs(sure.predict_proba(task.rows) - task.beliefs).mean() > 0.09
    assert np.abs(student.predict_proba(task.rows) - task.beliefs).mean() < 0.03


def test_another_family_is_refused() -> None:
    """`fit` and `finish` refuse a student of another family."""
    task = circle()
    tree = TreeFamily(max_depth=1).learner(task).fit(task.beliefs)
    learner = BoostedFamily(trees=2).learner(task)
    with pytest.raises(TypeError, match="got a Tree"):
        learner.finish(tree)
    with pytest.raises(TypeError, match="got a Tree"):
        learner.fit(task.beliefs, start=tree)
