"""The sentences on fitting: what is earned, what is repeated, what is left alone."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from crembo_cli.students.contract import Family, Floats, Learner, Student, Task
from crembo_cli.testing.answers import Answers, check_student, model_bytes
from crembo_cli.testing.options import keep, told
from crembo_cli.testing.tasks import SmallTask

Arrays = dict[str, NDArray[np.float32]]


def check_fits(family: Family, small: SmallTask, *, never_worse: bool) -> None:
    """Raise AssertionError unless the family's fits on a small task keep the contract."""
    task, before = small.task, _arrays(small.task)
    learner = family.learner(task)
    with told("the student of the beliefs"):
        first = learner.fit(task.beliefs)
        predicted = check_student(first, small)
        if small.easy:
            _check_easy(task, predicted)
    with told("the student of the beliefs, from one of a part of the rows"):
        half = replace(task, rows=task.rows[::2], beliefs=task.beliefs[::2])
        check_student(learner.fit(task.beliefs, family.learner(half).fit(half.beliefs)), small)
    reached = first
    for name, rewards in small.masks():
        with told(f"the student of {name}, from an earlier one"):
            given = rewards.copy()
            found = learner.fit(rewards, start=reached)
            keep(np.array_equal(rewards, given), "`fit` leaves the rewards as they are", "changes")
            check_student(found, small)
            if never_worse:
                _check_no_loss(task.rows, rewards, reached, found)
        reached = found
    with told("the finished student"):
        check_student(learner.finish(reached), small)
    same = predicted.equal(Answers.of(first, small.probes))
    keep(same, "a student does not change once it is fitted", "other answers after later fits")
    for part, array in _arrays(task).items():
        as_before = np.array_equal(array, before[part], equal_nan=True)
        keep(as_before, f"fitting leaves the task's `{part}` as they are", "changes")
    _check_repeats(family, small)
    _check_pickled(family, first, predicted, small)


def _check_pickled(family: Family, student: Student, predicted: Answers, small: SmallTask) -> None:
    """Both go from process to process where several students are fitted side by side."""
    try:
        copy, student = pickle.loads(pickle.dumps((family, student)))  # made here
    except Exception as error:
        words = f"{type(error).__name__}: {error}"
        raise AssertionError(f"a family and its students can be pickled; found {words}") from error
    keep(copy == family, "a family that was pickled is the same", repr(copy))
    same = predicted.equal(Answers.of(student, small.probes))
    keep(same, "a student that was pickled is the same", "other answers")


def _check_easy(task: Task, predicted: Answers) -> None:
    """The task's first rows are the first probes, so what was said of them is at hand."""
    n = len(task.rows)
    total_reward = float(task.beliefs[np.arange(n), predicted.index[:n]].sum())
    constant = float(task.beliefs.sum(axis=0).max())
    keep(
        total_reward > constant,
        "a student of an easy task earns more than the best constant answer",
        f"{total_reward:.1f} against {constant:.1f} over {n} rows",
    )


def _check_no_loss(rows: Floats, rewards: Floats, start: Student, found: Student) -> None:
    n = np.arange(len(rows))
    old, new = (float(rewards[n, s.predict(rows)].sum(dtype=np.float64)) for s in (start, found))
    keep(
        new >= old - 1e-6 * len(rows), "`fit` from a start earns no less than it", f"{new} < {old}"
    )


def _check_repeats(family: Family, small: SmallTask) -> None:
    """The same seed gives the same bytes, on one thread and on two."""
    runs = [
        _run(family.learner(replace(small.task, threads=threads)), small) for threads in (1, 1, 2)
    ]
    keep(runs[0] == runs[1], "the same task and seed give the same ONNX bytes", "other bytes")
    keep(runs[0] == runs[2], "the student does not depend on `threads`", "other bytes on two")


def _run(learner: Learner, small: SmallTask) -> bytes:
    """The bytes of what comes of the beliefs, then one mask, then `finish`."""
    _, rewards = next(small.masks())
    student = learner.finish(learner.fit(rewards, start=learner.fit(small.task.beliefs)))
    return model_bytes(student, small.task.rows.shape[1], small.task.beliefs.shape[1])


def _arrays(task: Task) -> Arrays:
    """Copies of the task's arrays by name."""
    return {
        part: getattr(task, part).copy()
        for part in ("rows", "beliefs", "validation_rows", "validation_beliefs")
    }
