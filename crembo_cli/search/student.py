"""The whole search on one page: training rows and a family become a student.

The teacher has labelled the rows; `training_rows` added synthetic ones. The family is fitted
along the path of thresholds (`core.path`, or the paper's own forms in `core.memo`), each step is
scored on validation rows, and one step is kept (`core.choice`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING

import numpy as np

from crembo_cli.arrays import Doubles
from crembo_cli.core.beliefs import allowed_labels
from crembo_cli.core.choice import StepScores, choose_by_accuracy, choose_by_depth, score_step
from crembo_cli.core.memo import Step, memo
from crembo_cli.core.path import crembo_path, threshold_grid
from crembo_cli.core.utilities import decisions, expected_utilities
from crembo_cli.errors import TeacherError
from crembo_cli.search import defaults
from crembo_cli.search.training_rows import TrainingRows, add_synthetic, real_rows
from crembo_cli.students.capabilities import path_on_request
from crembo_cli.students.contract import Family, Floats, Indices, Learner, Student, Task
from crembo_cli.students.decided import decide

if TYPE_CHECKING:
    from crembo_cli.dataset.labelled import LabelledTable
    from crembo_cli.teachers.contract import Teacher

Progress = Callable[[int], None]  # called with the number of steps done so far
Stages = Callable[[str, int], Progress]  # a stage and its number of steps (0: unknown)


def silent(name: str, steps: int) -> Progress:
    """Report no progress."""
    del name, steps
    return lambda done: None


@dataclass(frozen=True, kw_only=True)
class Search:
    """How a student is searched for."""

    objective: str = defaults.OBJECTIVE  # labels or scores
    algorithm: str = defaults.ALGORITHM  # crembo or memo
    select: str = defaults.SELECT  # depth or accuracy; memo ignores it
    delta: float = defaults.DELTA  # share of rows that may lie below the insensitive depth
    thresholds: int = defaults.THRESHOLDS
    synthetic: int | None = None  # number of synthetic training rows; None: 60 per real row
    seed: int = defaults.SEED
    utilities: tuple[tuple[float, ...], ...] | None = None  # see `core.utilities`
    temperature: float = 1.0  # of the teacher's softened probabilities, for the record
    threads: int = 1
    device: str = defaults.DEVICE  # auto, cpu or cuda
    path_requested: bool = False  # whether the user asked for thresholds

    def thresholds_for(self, family: Family) -> int:
        """The number of thresholds that are of use to `family`."""
        if path_on_request(type(family)) and not self.path_requested:
            return 0
        most = family.thresholds
        return self.thresholds if most is None else min(self.thresholds, most)

    def with_utilities(self, utilities: Doubles | None) -> Search:
        """The same search for students that decide by `utilities`, (c, c)."""
        rows = None if utilities is None else tuple(tuple(row) for row in utilities.tolist())
        return replace(self, utilities=rows)

    def utility_matrix(self) -> Doubles | None:
        """The utilities as an array, float64 (c, c)."""
        return None if self.utilities is None else np.array(self.utilities)


@dataclass(frozen=True, kw_only=True)
class Compression:
    """A student and how it was found."""

    student: Student
    threshold: float | None  # of the selected step; None: the soft-label student
    chosen: int  # number of the selected step
    steps: tuple[tuple[float | None, StepScores], ...]  # threshold and validation scores
    path_rows: int  # rows that the path was fitted on
    train: TrainingRows
    validation: TrainingRows


def label_rows(
    parts: Sequence[LabelledTable], teacher: Teacher, search: Search, stages: Stages = silent
) -> list[TrainingRows]:
    """The rows of each of `parts` with synthetic ones that the teacher labels.

    The first part holds the training rows. Raises TeacherError where synthetic rows are
    requested of a teacher that cannot label them.
    """
    encoding = parts[0].encoding

    def query(rows: Floats) -> Floats:
        done = stages(f"querying the teacher about {len(rows):,} synthetic rows", len(rows))
        return teacher.beliefs(encoding.decode(rows), done)

    synthetic = search.synthetic
    if not teacher.answers_new_rows:
        if synthetic:
            raise TeacherError(
                "a table of class probabilities cannot label synthetic rows",
                where=teacher.name,
                found=f"--synthetic {synthetic}",
                wanted="--synthetic 0 or auto",
            )
        synthetic = 0
    stages("generating synthetic rows", 0)
    return add_synthetic([real_rows(each) for each in parts], query, synthetic, search.seed)


def find_student(
    train: TrainingRows,
    validation: TrainingRows,
    family: Family,
    search: Search,
    stages: Stages = silent,
    max_path_rows: int = defaults.PATH_ROWS,
) -> Compression:
    """Find a student of `family`: fit the path on `train`, select a step on `validation`.

    With more than `max_path_rows` training rows the path is fitted on a sample of this many, and
    the selected student is fine-tuned on all of them.
    """
    rng = np.random.default_rng([search.seed, 2])
    sample = np.arange(len(train.rows))
    if len(sample) > max_path_rows:
        sample = np.sort(rng.choice(len(sample), max_path_rows, replace=False))
    # MEMO's consistency is defined on the training rows; pruning by others would break it.
    pruned_by = 0 if search.algorithm == "memo" else len(validation.rows)
    task = Task(
        rows=train.rows[sample],
        beliefs=train.beliefs[sample],
        validation_rows=validation.rows[:pruned_by],
        validation_beliefs=validation.beliefs[:pruned_by],
        seed=search.seed,
        objective=search.objective,
        utilities=search.utility_matrix(),
        threads=search.threads,
        categories=train.categories,
        shape=train.shape,
        device=search.device,
    )
    learner = family.learner(task)
    rewards = expected_utilities(task.beliefs, task.utilities)
    steps = _fit_steps(learner, task, rewards, family, search, stages)
    finished = [decide(learner.finish(step.student), task.utilities) for step in steps]
    validation_rewards = expected_utilities(validation.beliefs, task.utilities)
    teacher = decisions(validation.beliefs[: validation.real], task.utilities)
    labels = [student.predict(validation.rows) for student in finished]
    scores = [
        score_step(validation_rewards, each, search.delta, teacher, validation.y_true, labels[0])
        for each in labels
    ]
    chosen = _select_step(scores, search)
    student = finished[chosen]
    if len(sample) < len(train.rows):
        stages("fine-tuning on all rows", 0)
        student = _fine_tune(family, task, steps[chosen], train)
    return Compression(
        student=student,
        threshold=steps[chosen].threshold,
        chosen=chosen,
        steps=tuple((step.threshold, each) for step, each in zip(steps, scores, strict=True)),
        path_rows=len(sample),
        train=train,
        validation=validation,
    )


def _fit_steps(
    learner: Learner, task: Task, rewards: Floats, family: Family, search: Search, stages: Stages
) -> list[Step[Student]]:
    """The steps to select from; with MEMO the deepest comes last, with Algorithm 2 first."""

    def fit(allowed: Floats, start: Student | None) -> Student:
        return learner.fit(allowed, start)

    def predict(student: Student) -> Indices:
        return student.predict(task.rows)

    if search.objective == "scores":
        # A threshold does not make a student reproduce the teacher's probabilities better.
        stages("fitting the soft-label student", 0)
        return [Step(student=fit(rewards, None), threshold=None)]
    grid = threshold_grid(search.thresholds_for(family))
    if search.algorithm == "crembo" and search.select == "depth":
        done, fitted = stages("fitting the path", len(grid) + 1), count(1)
        return crembo_path(fit, rewards, grid, lambda: done(next(fitted)))

    stages("searching for the deepest student", 0)
    steps = memo(fit, predict, rewards, delta=search.delta)
    if search.algorithm == "memo":
        return steps
    deepest = steps[-1]
    above = grid[grid > (deepest.threshold or 0.0)]
    done = stages("scanning the thresholds above", len(above))
    scanned = [deepest]
    for threshold in above:
        student = fit(allowed_labels(rewards, float(threshold)), scanned[-1].student)
        scanned.append(Step(student=student, threshold=float(threshold)))
        done(len(scanned) - 1)
    return scanned


def _select_step(scores: list[StepScores], search: Search) -> int:
    """The number of the step to keep."""
    if search.algorithm == "memo":
        return len(scores) - 1
    return choose_by_depth(scores) if search.select == "depth" else choose_by_accuracy(scores)


def _fine_tune(family: Family, task: Task, step: Step[Student], train: TrainingRows) -> Student:
    """The student of `step`, fitted further on all of `train`."""
    learner = family.learner(replace(task, rows=train.rows, beliefs=train.beliefs))
    at = step.threshold
    rewards = expected_utilities(train.beliefs, task.utilities)
    allowed = rewards if at is None else allowed_labels(rewards, at)
    return decide(learner.finish(learner.fit(allowed, step.student)), task.utilities)
