"""Cheap students of strong families: what another family would reach on the same rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from crembo_cli.background import NONE, Background
from crembo_cli.core.utilities import expected_utilities
from crembo_cli.search.student import Search, Stages, silent
from crembo_cli.search.training_rows import TrainingRows, draw_subset
from crembo_cli.students.contract import Family, Student, Task
from crembo_cli.students.decided import decide
from crembo_cli.students.registry import make_family

FEWEST_ROWS, MOST_ROWS = 1_500, 7_000


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How a family is fitted at little cost."""

    settings: Mapping[str, str]
    # Rows x features x classes, which the time of a fit follows; None: it does not follow them.
    most_work: int | None

    def rows(self, features: int, classes: int) -> int:
        """The number of rows to fit; 0 where it would be too few to say anything."""
        if self.most_work is None:
            return MOST_ROWS
        rows = self.most_work // max(features * classes, 1)
        return min(MOST_ROWS, rows) if rows >= FEWEST_ROWS else 0


# The families, the simplest first.
REFERENCES = {
    "linear": Recipe(settings={}, most_work=700_000),
    "additive": Recipe(settings={}, most_work=140_000),
    "mlp": Recipe(settings={"steps": "600"}, most_work=None),
    "boosted": Recipe(settings={"trees": "12"}, most_work=126_000),
}


@dataclass(frozen=True, kw_only=True)
class Reference:
    """A student of a strong family."""

    family: str
    student: Student
    rows: int  # that it was fitted on, real and synthetic


References = Mapping[str, Callable[[], Reference]]  # by family; a call waits for the fit


def begin_references(
    train: TrainingRows, family: Family, search: Search, background: Background = NONE
) -> References:
    """Begin to fit a soft-label student of each of REFERENCES but `family`, on some of `train`."""
    begun: dict[str, Callable[[], Reference]] = {}
    for name, recipe in REFERENCES.items():
        rows = recipe.rows(train.rows.shape[1], train.beliefs.shape[1])
        if name != family.name and rows > 0:
            begun[name] = background.begin(_fit, name, _task(train, rows, search))
    return begun


def wait_for_references(begun: References, stages: Stages = silent) -> list[Reference]:
    """The references that were begun, the simplest first."""
    done = stages("fitting the references", len(begun))
    found = []
    for wait in begun.values():
        found.append(wait())
        done(len(found))
    return found


def _fit(name: str, task: Task) -> Reference:
    learner = make_family(name, REFERENCES[name].settings).learner(task)
    rewards = expected_utilities(task.beliefs, task.utilities)
    student = decide(learner.finish(learner.fit(rewards)), task.utilities)
    return Reference(family=name, student=student, rows=len(task.rows))


def _task(train: TrainingRows, most: int, search: Search) -> Task:
    """The task on at most this many rows, half of them real where there are as many."""
    rng = np.random.default_rng([search.seed, 8])
    real = draw_subset(np.arange(train.real), most // 2, rng)
    synthetic = draw_subset(np.arange(train.real, len(train.rows)), most - len(real), rng)
    rows = np.concatenate([real, synthetic])
    return Task(
        rows=train.rows[rows],
        beliefs=train.beliefs[rows],
        validation_rows=train.rows[:0],
        validation_beliefs=train.beliefs[:0],
        seed=search.seed,
        objective=search.objective,
        utilities=search.utility_matrix(),
        threads=1,
        categories=train.categories,
        shape=train.shape,
        device=search.device,
    )
