"""Cheap students of strong families: what another family would reach on the same rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from crembo_cli.core.utilities import expected_utilities
from crembo_cli.search.student import Search
from crembo_cli.search.training_rows import TrainingRows
from crembo_cli.students.contract import Family, Indices, Student, Task
from crembo_cli.students.decided import decide
from crembo_cli.students.registry import make_family

MOST_ROWS = 10_000
MOST_REAL = 5_000  # of these rows
# The families, the cheapest first, with settings that make their fit cheap.
REFERENCES: dict[str, dict[str, str]] = {"linear": {}, "mlp": {"steps": "600"}}


@dataclass(frozen=True, kw_only=True)
class Reference:
    """A student of a strong family."""

    family: str
    student: Student
    rows: int  # that it was fitted on, real and synthetic


def fit_references(train: TrainingRows, family: Family, search: Search) -> Iterator[Reference]:
    """Generate a soft-label student of each of REFERENCES but `family`, on some of `train`."""
    rng = np.random.default_rng([search.seed, 8])
    real = _subset(np.arange(train.real), MOST_REAL, rng)
    synthetic = _subset(np.arange(train.real, len(train.rows)), MOST_ROWS - len(real), rng)
    rows = np.concatenate([real, synthetic])
    task = Task(
        rows=train.rows[rows],
        beliefs=train.beliefs[rows],
        validation_rows=train.rows[:0],
        validation_beliefs=train.beliefs[:0],
        seed=search.seed,
        objective=search.objective,
        utilities=search.utility_matrix(),
        threads=search.threads,
        categories=train.categories,
    )
    rewards = expected_utilities(task.beliefs, task.utilities)
    for name, settings in REFERENCES.items():
        if name != family.name:
            learner = make_family(name, settings).learner(task)
            student = decide(learner.finish(learner.fit(rewards)), task.utilities)
            yield Reference(family=name, student=student, rows=len(rows))


def _subset(numbers: Indices, most: int, rng: np.random.Generator) -> Indices:
    if len(numbers) <= most:
        return numbers
    return np.sort(rng.choice(numbers, most, replace=False))
