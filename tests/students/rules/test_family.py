"""The family `rules` keeps the contract and its limits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from crembo_cli.students.contract import Task
from crembo_cli.students.rules.family import RulesFamily
from crembo_cli.students.tree.family import TreeFamily
from crembo_cli.testing.tasks import small_tasks


@pytest.mark.parametrize(("rules", "terms"), [(1, 1), (4, 2), (6, 3)])
def test_limits_hold(rules: int, terms: int) -> None:
    """No list has more rules, and no rule more conditions, than requested."""
    for small in small_tasks():
        learner = RulesFamily(max_rules=rules, max_terms=terms).learner(small.task)
        fitted = learner.fit(small.task.beliefs)
        for student in (fitted, learner.finish(fitted)):
            assert student.size()["leaves"] <= rules + 1
            assert all(len(student.terms(k)) <= terms for k in range(len(student.label)))


def corner() -> Task:
    """Class 1 in a corner of two columns."""
    rows = np.random.default_rng(0).random((400, 2)).astype(np.float32)
    inside = (rows[:, 0] > 0.5) & (rows[:, 1] > 0.5)
    beliefs = np.where(inside[:, None], [0.1, 0.9], [0.8, 0.2]).astype(np.float32)
    return Task(
        rows=rows[100:],
        beliefs=beliefs[100:],
        validation_rows=rows[:100],
        validation_beliefs=beliefs[:100],
    )


def test_a_corner_is_one_rule() -> None:
    """A corner takes one rule, and each rule's probabilities are its rows' mean beliefs."""
    task = corner()
    learner = RulesFamily().learner(task)
    student = learner.finish(learner.fit(task.beliefs))
    assert student.label.tolist() == [1, 0]
    np.testing.assert_allclose(student.probabilities, [[0.1, 0.9], [0.8, 0.2]], atol=0.02)


def test_validation_rows_prune_nothing_that_they_do_not_reach() -> None:
    """A few validation rows outside the corner keep its rule, which the training rows need."""
    task = corner()
    outside = np.flatnonzero(task.validation_beliefs[:, 1] < 0.5)[:20]
    task = replace(
        task,
        validation_rows=task.validation_rows[outside],
        validation_beliefs=task.validation_beliefs[outside],
    )
    learner = RulesFamily().learner(task)
    assert learner.finish(learner.fit(task.beliefs)).label.tolist() == [1, 0]


def test_what_was_never_missing_counts_as_most_cells() -> None:
    """In a column that had no missing cells, a missing one holds where most cells do."""
    task = corner()
    learner = RulesFamily().learner(task)
    student = learner.finish(learner.fit(task.beliefs))
    mostly = student.holds(task.rows).mean(axis=0) >= 0.5
    np.testing.assert_array_equal(student.holds_missing(), mostly)


def test_another_family_is_refused() -> None:
    """`finish` refuses a student of another family."""
    task = corner()
    tree = TreeFamily(max_depth=1).learner(task).fit(task.beliefs)
    with pytest.raises(TypeError, match="got a Tree"):
        RulesFamily().learner(task).finish(tree)
