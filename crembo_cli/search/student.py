"""The whole story on one page: a table, a teacher and a family become a student.

The real rows come parted: some to fit on, some to choose by (and some, not seen here, to measure
on). The teacher labels new rows beside both. The family is fitted along the path of thresholds
(`core.path`, or the paper's own forms in `core.memo`), each step is judged on rows that it was
not fitted on, and one is kept (`core.choice`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING

import numpy as np

from crembo_cli.core.beliefs import allowed_labels
from crembo_cli.core.choice import StepScores, choose_by_accuracy, choose_by_depth, score_step
from crembo_cli.core.memo import Step, memo
from crembo_cli.core.path import crembo_path, threshold_grid
from crembo_cli.dataset.labelled import LabelledTable
from crembo_cli.errors import TeacherError
from crembo_cli.search.training_rows import (
    MOST_FITTED,
    Ask,
    TrainingRows,
    real_rows,
    with_synthetic,
)
from crembo_cli.students.contract import Family, Floats, Learner, Student, Task

if TYPE_CHECKING:
    from crembo_cli.teachers.contract import Teacher

HELD_SHARE = 4  # one held synthetic row for so many fitted ones
PATH_ROWS = 60_000  # with more rows, the path is found on so many and its choice polished on all

Progress = Callable[[int], None]  # called with the number of steps done so far
Stages = Callable[[str, int], Progress]  # a stage and its steps (0: not known) -> its progress


def silent(name: str, steps: int) -> Progress:
    """Stages for nobody to see."""
    del name, steps
    return lambda done: None


@dataclass(frozen=True, kw_only=True)
class Search:
    """How a student is searched for."""

    algorithm: str = "crembo"  # or "memo"
    select: str = "depth"  # or "accuracy"; of no meaning to memo
    delta: float = 0.05  # the share of rows that may lie below the insensitive depth
    thresholds: int = 32
    synthetic: int | None = None  # rows that the teacher labels to fit on; None: by PER_ROW
    seed: int = 0
    threads: int = 1


@dataclass(frozen=True, kw_only=True)
class Compression:
    """A student and how it was found."""

    student: Student
    threshold: float | None  # the chosen step's; None: the belief student
    chosen: int  # the chosen step
    steps: tuple[tuple[float | None, StepScores], ...]  # threshold and judgement of each step
    path_rows: int  # rows that the path was found on
    train: TrainingRows
    validation: TrainingRows


def label_rows(
    parts: Sequence[LabelledTable], teacher: Teacher, search: Search, stages: Stages = silent
) -> list[TrainingRows]:
    """The real rows of each of `parts`, with new ones beside them that the teacher labels.

    The first part is what students are fitted on, and gets as many as `search` asks; the others
    get a share. Raises TeacherError where synthetic rows are asked of a teacher that cannot
    answer them.
    """
    encoding = parts[0].encoding

    def ask(rows: Floats) -> Floats:
        done = stages(f"asking the teacher about {len(rows):,} synthetic rows", len(rows))
        return teacher.beliefs(encoding.decode(rows), done)

    if not teacher.answers_new_rows:
        if search.synthetic:
            raise TeacherError(
                "a table of beliefs cannot answer synthetic rows",
                where=teacher.name,
                found=f"--synthetic {search.synthetic}",
                wanted="--synthetic 0 or auto",
            )
        search = replace(search, synthetic=0)
    stages("making synthetic rows", 0)
    return add_synthetic([real_rows(each) for each in parts], ask, search)


def add_synthetic(parts: Sequence[TrainingRows], ask: Ask, search: Search) -> list[TrainingRows]:
    """The real rows of each part, the first of them to fit on, with new ones that are labelled."""
    rng = np.random.default_rng([search.seed, 1])
    wanted = search.synthetic
    fewer = None if wanted is None else wanted // HELD_SHARE
    return [
        with_synthetic(part, ask, wanted, MOST_FITTED, rng)
        if number == 0
        else with_synthetic(part, ask, fewer, MOST_FITTED // HELD_SHARE, rng)
        for number, part in enumerate(parts)
    ]


def find_student(
    train: TrainingRows,
    validation: TrainingRows,
    family: Family,
    search: Search,
    stages: Stages = silent,
) -> Compression:
    """Find a student of `family`: fitted on `fit`, its step chosen by `validation`."""
    rng = np.random.default_rng([search.seed, 2])
    sample = np.arange(len(train.rows))
    if len(sample) > PATH_ROWS:
        sample = np.sort(rng.choice(len(sample), PATH_ROWS, replace=False))
    # MEMO's consistency is about the rows it was fitted on; pruning by others would break it.
    pruned_by = 0 if search.algorithm == "memo" else len(validation.rows)
    task = Task(
        rows=train.rows[sample],
        beliefs=train.beliefs[sample],
        validation_rows=validation.rows[:pruned_by],
        validation_beliefs=validation.beliefs[:pruned_by],
        seed=search.seed,
        threads=search.threads,
        categories=train.categories,
    )
    learner = family.learner(task)
    steps = _search(learner, task, family, search, stages)
    finished = [learner.finish(step.student) for step in steps]
    teacher = np.argmax(validation.beliefs[: validation.real], axis=1)
    answers = [student.predict(validation.rows) for student in finished]
    judged = [
        score_step(
            validation.beliefs, predicted, search.delta, teacher, validation.y_true, answers[0]
        )
        for predicted in answers
    ]
    chosen = _choose(judged, search)
    student = finished[chosen]
    if len(sample) < len(train.rows):
        stages("polishing on all rows", 0)
        student = _polish(family, task, steps[chosen], train)
    return Compression(
        student=student,
        threshold=steps[chosen].threshold,
        chosen=chosen,
        steps=tuple((step.threshold, each) for step, each in zip(steps, judged, strict=True)),
        path_rows=len(sample),
        train=train,
        validation=validation,
    )


def _search(
    learner: Learner, task: Task, family: Family, search: Search, stages: Stages
) -> list[Step[Student]]:
    """The steps to choose from; with MEMO the deepest comes last, with Algorithm 2 it leads."""

    def fit(rewards: Floats, start: Student | None) -> Student:
        return learner.fit(rewards, start)

    useful = search.thresholds if family.thresholds is None else family.thresholds
    grid = threshold_grid(min(search.thresholds, useful))
    if search.algorithm == "crembo" and search.select == "depth":
        done, fitted = stages("fitting the path", len(grid) + 1), count(1)
        return crembo_path(fit, task.beliefs, grid, lambda: done(next(fitted)))

    stages("searching the deepest student", 0)
    steps = memo(fit, lambda student: student.predict(task.rows), task.beliefs, delta=search.delta)
    if search.algorithm == "memo":
        return steps
    deepest = steps[-1]
    above = grid[grid > (deepest.threshold or 0.0)]
    done = stages("scanning upwards", len(above))
    scanned = [deepest]
    for threshold in above:
        student = fit(allowed_labels(task.beliefs, float(threshold)), scanned[-1].student)
        scanned.append(Step(student=student, threshold=float(threshold)))
        done(len(scanned) - 1)
    return scanned


def _choose(judged: list[StepScores], search: Search) -> int:
    """The number of the step to keep."""
    if search.algorithm == "memo":
        return len(judged) - 1
    return choose_by_depth(judged) if search.select == "depth" else choose_by_accuracy(judged)


def _polish(family: Family, task: Task, step: Step[Student], train: TrainingRows) -> Student:
    """The step's student, fitted on from where it is, to all of the rows."""
    learner = family.learner(replace(task, rows=train.rows, beliefs=train.beliefs))
    at = step.threshold
    rewards = train.beliefs if at is None else allowed_labels(train.beliefs, at)
    return learner.finish(learner.fit(rewards, step.student))
