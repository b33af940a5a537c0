"""A rare class that one split finds is found: no student is a constant."""

from __future__ import annotations

import numpy as np
import pytest

from crembo_cli.students.contract import Task
from crembo_cli.students.registry import make_family

FAMILIES = [
    ("tree", {}),
    ("tree", {"max_leaves": "4", "max_depth": "8"}),
    ("oblique", {}),
    ("rules", {}),
]


@pytest.mark.parametrize("objective", ["labels", "scores"])
@pytest.mark.parametrize(("name", "settings"), FAMILIES)
def test_a_student_is_not_constant_where_one_split_finds_the_rare_class(
    name: str, settings: dict[str, str], objective: str
) -> None:
    """Two rows in a hundred are of class 1, which the teacher believes at .9 beyond a threshold."""
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(3000, 4)).astype(np.float32)
    rows[:, 2] = rng.integers(0, 50, len(rows))
    second = np.where(rows[:, 2] == 49, 0.9, 0.01).astype(np.float32)
    beliefs = np.column_stack([1 - second, second])
    task = Task(
        rows=rows[:2000],
        beliefs=beliefs[:2000],
        validation_rows=rows[2000:],
        validation_beliefs=beliefs[2000:],
        objective=objective,
    )
    learner = make_family(name, settings).learner(task)
    student = learner.finish(learner.fit(task.beliefs))
    assert np.array_equal(student.predict(rows) == 1, second > 0.5)
