"""Checks of fitting: rewards reached, repeatability, and inputs left unchanged."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np

from crembo_cli.students.contract import Family, Floats, Learner, Student, Task
from crembo_cli.testing.answers import Answers, check_student, model_bytes
from crembo_cli.testing.options import checking, keep
from crembo_cli.testing.tasks import SmallTask


def check_fits(family: Family, small: SmallTask, *, never_worse: bool) -> None:
    """Check the family's fits on a small task; raise AssertionError if one breaks the contract."""
    task, before = small.task, _arrays(small.task)
    learner = family.learner(task)
    with checking("the soft-label student"):
        first = learner.fit(task.beliefs)
        predicted = check_student(first, small)
        if small.easy:
            _check_easy(task, predicted)
    with checking("the soft-label student, started from one of half of the rows"):
        half = replace(task, rows=task.rows[::2], beliefs=task.beliefs[::2])
        check_student(learner.fit(task.beliefs, family.learner(half).fit(half.beliefs)), small)
    reached = first
    for name, rewards in small.masks():
        with checking(f"the student of {name}, started from an earlier one"):
            given = rewards.copy()
            found = learner.fit(rewards, start=reached)
            keep(np.array_equal(rewards, given), "`fit` leaves the rewards as they are", "changes")
            check_student(found, small)
            if never_worse:
                _check_no_loss(task.rows, rewards, reached, found)
        reached = found
    with checking("the finished student"):
        finished = learner.finish(reached)
        answers = check_student(finished, small)
        _check_read(family, finished, answers, small)
    same = predicted.equal(Answers.of(first, small.probes))
    keep(same, "a student does not change once it is fitted", "other predictions after later fits")
    for part, array in _arrays(task).items():
        as_before = np.array_equal(array, before[part], equal_nan=True)
        keep(as_before, f"fitting leaves the task's `{part}` as they are", "changes")
    _check_repeats(family, small)
    _check_pickled(family, first, predicted, small)


def _check_read(family: Family, student: Student, answers: Answers, small: SmallTask) -> None:
    """Check the family's optional `read`."""
    read = getattr(family, "read", None)
    if read is None:
        return
    import onnx

    model = model_bytes(student, small.task.rows.shape[1], small.task.beliefs.shape[1])
    copy = read(onnx.load_from_string(model).graph)
    same = np.array_equal(copy.predict(small.probes), answers.index)
    keep(same, "a student that `read` reads back predicts the same", "other predictions")


def _check_pickled(family: Family, student: Student, predicted: Answers, small: SmallTask) -> None:
    """Check that both can be sent to another process."""
    try:
        copy, student = pickle.loads(pickle.dumps((family, student)))  # our own bytes
    except Exception as error:
        found = f"{type(error).__name__}: {error}"
        raise AssertionError(f"a family and its students can be pickled; found {found}") from error
    keep(copy == family, "an unpickled family equals the original", repr(copy))
    same = predicted.equal(Answers.of(student, small.probes))
    keep(same, "an unpickled student predicts the same", "other predictions")


def _check_easy(task: Task, predicted: Answers) -> None:
    """Compare with the best constant prediction. The first probes are the training rows."""
    n = len(task.rows)
    total_reward = float(task.beliefs[np.arange(n), predicted.index[:n]].sum())
    constant = float(task.beliefs.sum(axis=0).max())
    keep(
        total_reward > constant,
        "on an easy task, the reward is higher than of the best constant prediction",
        f"{total_reward:.1f} against {constant:.1f} over {n} rows",
    )


def _check_no_loss(rows: Floats, rewards: Floats, start: Student, found: Student) -> None:
    n = np.arange(len(rows))
    old, new = (float(rewards[n, s.predict(rows)].sum(dtype=np.float64)) for s in (start, found))
    keep(
        new >= old - 1e-6 * len(rows),
        "`fit` with a start reaches no lower reward than the start",
        f"{new} < {old}",
    )


def _check_repeats(family: Family, small: SmallTask) -> None:
    """Check that the same seed gives the same bytes, on one thread and on two."""
    runs = [
        _run(family.learner(replace(small.task, threads=threads)), small) for threads in (1, 1, 2)
    ]
    keep(runs[0] == runs[1], "the same task and seed give the same ONNX bytes", "other bytes")
    keep(runs[0] == runs[2], "the student does not depend on `threads`", "other bytes on two")


def _run(learner: Learner, small: SmallTask) -> bytes:
    """The bytes after a fit to the beliefs, a fit to one mask, and `finish`."""
    _, rewards = next(small.masks())
    student = learner.finish(learner.fit(rewards, start=learner.fit(small.task.beliefs)))
    return model_bytes(student, small.task.rows.shape[1], small.task.beliefs.shape[1])


def _arrays(task: Task) -> dict[str, Floats]:
    """Copies of the task's arrays by name."""
    return {
        part: getattr(task, part).copy()
        for part in ("rows", "beliefs", "validation_rows", "validation_beliefs")
    }
