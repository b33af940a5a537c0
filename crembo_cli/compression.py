"""The whole story on one page: a table, a teacher and a family become a student.

The real rows come parted: some to fit on, some to choose by (and some, not seen here, to measure
on). The teacher labels new rows beside both. The family is fitted along the path of thresholds
(`core.path`, or the paper's own forms in `core.memo`), each step is judged on rows that it was
not fitted on, and one is kept (`core.choice`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from crembo_cli.core.beliefs import allowed_labels
from crembo_cli.core.choice import Judgement, choose_by_accuracy, choose_by_depth, judge
from crembo_cli.core.memo import Step, memo
from crembo_cli.core.path import crembo_path, threshold_grid
from crembo_cli.core.synthetic import synthetic_rows
from crembo_cli.evidence import Evidence
from crembo_cli.students.contract import Family, Floats, Learner, Student, Task

if TYPE_CHECKING:
    from crembo_cli.teachers.contract import Teacher

PER_ROW, MOST_FITTED = 20, 16_000  # synthetic rows: so many a real one, and so many rows in all
HELD_SHARE = 4  # one held synthetic row for so many fitted ones
PATH_ROWS = 60_000  # with more rows, the path is found on so many and its choice polished on all

Ask = Callable[[Floats], Floats]  # rows as students take them -> the teacher's beliefs
Stages = Callable[[str, int], Callable[[], None]]  # a stage and its steps -> call after each step


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
    steps: tuple[tuple[float | None, Judgement], ...]  # threshold and judgement of each step
    fit_rows: int  # real rows fitted on
    synthetic_rows: int  # rows fitted on that the teacher labelled beside them
    path_rows: int  # of both, those that the path was found on
    selection_rows: int  # real rows that the steps were judged on
    held_synthetic_rows: int  # rows that the teacher labelled beside them


def compress(
    fit: Evidence,
    held: Evidence,
    teacher: Teacher,
    family: Family,
    search: Search,
    stages: Stages = lambda name, steps: lambda: None,
) -> Compression:
    """Find a student of `family` for `teacher`: fitted on `fit`, chosen on the rows of `held`."""
    rng = np.random.default_rng([search.seed, 1])

    def ask(rows: Floats) -> Floats:
        return teacher.beliefs(fit.encoding.decode(rows))

    wanted = search.synthetic if teacher.answers_new_rows else 0
    stages("labelling synthetic rows", 0)
    rows, beliefs = _with_synthetic(fit, ask, wanted, MOST_FITTED, rng)
    fewer = None if wanted is None else wanted // HELD_SHARE
    held_rows, held_beliefs = _with_synthetic(held, ask, fewer, MOST_FITTED // HELD_SHARE, rng)

    sample = np.arange(len(rows))
    if len(rows) > PATH_ROWS:
        sample = np.sort(rng.choice(len(rows), PATH_ROWS, replace=False))
    task = Task(
        rows=rows[sample],
        beliefs=beliefs[sample],
        # MEMO's consistency is about the rows it was fitted on; pruning by others would break it.
        held_rows=held_rows[:0] if search.algorithm == "memo" else held_rows,
        held_beliefs=held_beliefs[:0] if search.algorithm == "memo" else held_beliefs,
        seed=search.seed,
        threads=search.threads,
    )
    learner = family.learner(task)
    steps = _search(learner, task, family, search, stages)
    finished = [learner.finish(step.student) for step in steps]
    judged = [
        judge(held_beliefs, student.predict(held_rows), search.delta, held.said(), held.truth)
        for student in finished
    ]
    chosen = _choose(judged, search)
    student = finished[chosen]
    if len(sample) < len(rows):
        stages("polishing on all rows", 0)
        student = _polish(family, task, steps[chosen], rows, beliefs)
    return Compression(
        student=student,
        threshold=steps[chosen].threshold,
        chosen=chosen,
        steps=tuple((step.threshold, each) for step, each in zip(steps, judged, strict=True)),
        fit_rows=len(fit.rows),
        synthetic_rows=len(rows) - len(fit.rows),
        path_rows=len(sample),
        selection_rows=len(held.rows),
        held_synthetic_rows=len(held_rows) - len(held.rows),
    )


def _with_synthetic(
    real: Evidence, ask: Ask, wanted: int | None, most: int, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """The rows of `real` and synthetic ones after them, with the teacher's beliefs on all."""
    n = len(real.rows)
    count = max(0, min(PER_ROW * n, most - n)) if wanted is None else wanted
    if count == 0:
        return real.rows, real.beliefs
    new = synthetic_rows(real.rows, count, rng)
    return np.vstack([real.rows, new]), np.vstack([real.beliefs, ask(new)])


def _search(
    learner: Learner, task: Task, family: Family, search: Search, stages: Stages
) -> list[Step[Student]]:
    """The steps to choose from; with MEMO the deepest comes last, with Algorithm 2 it leads."""

    def fit(rewards: Floats, start: Student | None) -> Student:
        return learner.fit(rewards, start)

    count = min(search.thresholds, family.thresholds or search.thresholds)
    if family.thresholds == 0:
        count = 0
    grid = threshold_grid(count)
    if search.algorithm == "crembo" and search.select == "depth":
        return crembo_path(fit, task.beliefs, grid, stages("fitting the path", count + 1))

    stages("searching the deepest student", 0)
    steps = memo(fit, lambda student: student.predict(task.rows), task.beliefs, delta=search.delta)
    if search.algorithm == "memo":
        return steps
    deepest = steps[-1]
    above = grid[grid > (deepest.threshold or 0.0)]
    step_done = stages("scanning upwards", len(above))
    scanned = [deepest]
    for threshold in above:
        student = fit(allowed_labels(task.beliefs, float(threshold)), scanned[-1].student)
        scanned.append(Step(student=student, threshold=float(threshold)))
        step_done()
    return scanned


def _choose(judged: list[Judgement], search: Search) -> int:
    """The number of the step to keep."""
    if search.algorithm == "memo":
        return len(judged) - 1
    return choose_by_depth(judged) if search.select == "depth" else choose_by_accuracy(judged)


def _polish(
    family: Family, task: Task, step: Step[Student], rows: Floats, beliefs: Floats
) -> Student:
    """The step's student, fitted on from where it is, to all of the rows."""
    everything = replace(task, rows=rows, beliefs=beliefs)
    learner = family.learner(everything)
    rewards = beliefs if step.threshold is None else allowed_labels(beliefs, step.threshold)
    return learner.finish(learner.fit(rewards, step.student))
