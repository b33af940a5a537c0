"""The family `oblique` keeps the contract and parts what a straight tree cannot."""

from __future__ import annotations

import numpy as np
import pytest

from crembo_cli.students.contract import Floats, Task
from crembo_cli.students.oblique.family import ObliqueFamily
from crembo_cli.students.tree.family import TreeFamily
from crembo_cli.testing.tasks import small_tasks


def diagonal(n: int = 600) -> Task:
    """Two classes on the two sides of a diagonal; a third column is noise."""
    rows = np.random.default_rng(0).normal(size=(n, 3)).astype(np.float32)
    right = rows[:, 0] + rows[:, 1] > 0.3
    beliefs = np.where(right[:, None], [0.1, 0.9], [0.9, 0.1]).astype(np.float32)
    return Task(
        rows=rows[50:],
        beliefs=beliefs[50:],
        validation_rows=rows[:50],
        validation_beliefs=beliefs[:50],
    )


def total_reward(rewards: Floats, predicted: np.ndarray) -> float:
    """The mean reward of the predicted classes."""
    return float(rewards[np.arange(len(predicted)), predicted].mean())


def test_a_diagonal_takes_one_split() -> None:
    """Where classes part along a diagonal, one oblique split is enough; a straight one is not."""
    task = diagonal()
    learner = ObliqueFamily(max_depth=1).learner(task)
    student = learner.finish(learner.fit(task.beliefs))
    straight = TreeFamily(max_depth=1).learner(task).fit(task.beliefs)
    assert total_reward(task.beliefs, student.predict(task.rows)) > 0.895
    assert total_reward(task.beliefs, straight.predict(task.rows)) < 0.75
    assert student.size()["leaves"] == 2


@pytest.mark.parametrize("most", [1, 2, 3])
def test_no_split_weighs_more_features_than_allowed(most: int) -> None:
    """Every sum has at most `max_features` terms, and sizes count three numbers for each."""
    task = next(iter(small_tasks())).task
    student = ObliqueFamily(max_features=most).learner(task).fit(task.beliefs)
    terms = (student.directions.weights != 0).sum(axis=0)
    assert terms.max(initial=0) <= most
    size = student.size()
    splits = size["leaves"] - 1
    assert size["parameters"] == 2 * splits + size["leaves"] + 3 * terms.sum()


def test_a_missing_cell_has_a_side_of_its_own() -> None:
    """A sum counts a missing cell as what tells the classes apart, where that is missingness."""
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(400, 2)).astype(np.float32)
    rows[:100, 1] = np.nan
    right = np.isnan(rows[:, 1]) | (rows[:, 0] + np.nan_to_num(rows[:, 1]) > 1)
    beliefs = np.where(right[:, None], [0.1, 0.9], [0.9, 0.1]).astype(np.float32)
    task = Task(
        rows=rows, beliefs=beliefs, validation_rows=rows[:0], validation_beliefs=beliefs[:0]
    )
    student = ObliqueFamily(max_depth=2).learner(task).fit(beliefs)
    assert (student.predict(rows[:100]) == 1).all()
    assert (student.predict(rows) == right).mean() > 0.97


def test_another_family_is_refused() -> None:
    """`finish` refuses a student of another family."""
    task = diagonal()
    tree = TreeFamily(max_depth=1).learner(task).fit(task.beliefs)
    with pytest.raises(TypeError, match="got a Tree"):
        ObliqueFamily().learner(task).finish(tree)
