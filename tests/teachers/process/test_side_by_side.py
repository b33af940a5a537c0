"""Helpers of a teacher that uses one thread: the same answers, from several processes."""

from __future__ import annotations

import pickle
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.neighbors import KNeighborsClassifier

from crembo_cli.errors import TeacherError
from crembo_cli.teachers.process import side_by_side
from crembo_cli.teachers.process.child import Child
from crembo_cli.teachers.process.subprocess_teacher import SubprocessTeacher

ROWS = pd.DataFrame(np.random.default_rng(0).normal(size=(2_000, 4)), columns=list("abcd"))


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A teacher that computes with one thread, and takes its time."""
    rng = np.random.default_rng(1)
    model = KNeighborsClassifier(5, algorithm="brute", n_jobs=1)
    model.fit(rng.normal(size=(3_000, 4)), rng.integers(0, 3, 3_000))
    found = tmp_path_factory.mktemp("teacher") / "slow.pkl"
    found.write_bytes(pickle.dumps(model))
    return found


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Counter[int]:
    """The number of chunks that each child is asked about; helpers start at once."""
    counts: Counter[int] = Counter()
    own = Child.tell

    def tell(self: Child, header: Mapping[str, Any], arrays: Sequence[Any] = ()) -> None:
        counts[id(self)] += header["do"] == "score"
        own(self, header, arrays)

    monkeypatch.setattr(Child, "tell", tell)
    monkeypatch.setattr(side_by_side, "HELP_AFTER", 0.0)
    monkeypatch.setattr(side_by_side, "ALONE", 100.0)  # a busy machine measures anything
    return counts


def teacher_of(path: Path, threads: int, **size: int) -> SubprocessTeacher:
    """The teacher in chunks of 50 rows."""
    return SubprocessTeacher(
        path, "pickle", activation="auto", hard_labels=False, trust_pickle=False, timeout=60,
        threads=threads, memory_limit=None, **{"chunk_rows": 50, **size},
    )  # fmt: skip


def test_helpers_answer_side_by_side_and_do_not_change_the_answers(
    path: Path, told: Counter[int]
) -> None:
    """As many children as --jobs, each asked about some chunks; rows stay in their order."""
    with closing(teacher_of(path, 1)) as teacher:
        alone = teacher.beliefs(ROWS)
    assert len(told) == 1
    told.clear()
    done: list[int] = []
    with closing(teacher_of(path, 3)) as teacher:
        for _ in range(500):  # until the helpers have loaded it
            beliefs = teacher.beliefs(ROWS, done.append)
            assert np.array_equal(beliefs, alone)
            assert done == [50, *range(150, 2_000, 200), 2_000]
            done.clear()
            if sum(count > 20 for count in told.values()) == 3:
                break
    assert len(told) == 3
    assert min(told.values()) > 20


def test_an_error_in_a_chunk_leaves_no_answer_behind(path: Path, told: Counter[int]) -> None:
    """The next question gets its own answers."""
    with closing(teacher_of(path, 2)) as teacher:
        alone = teacher.beliefs(ROWS)
        wrong = ROWS.copy()
        wrong.loc[135, "c"] = np.nan
        with pytest.raises(TeacherError, match="NaN"):
            teacher.beliefs(wrong)
        assert np.array_equal(teacher.beliefs(ROWS), alone)


def test_a_teacher_with_threads_of_its_own_has_no_helpers(
    path: Path, told: Counter[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The processors that an answer used tell."""
    monkeypatch.setattr(side_by_side, "ALONE", -1.0)  # a short answer may use no time
    with closing(teacher_of(path, 3)) as teacher:
        teacher.beliefs(ROWS)
        teacher.beliefs(ROWS)
    assert len(told) == 1


def test_helpers_need_memory_for_the_model(path: Path, told: Counter[int]) -> None:
    """A model of a twentieth of the limit has one child."""
    with closing(teacher_of(path, 3)) as teacher:
        teacher._load["memory"] = 20 * teacher.bytes
        teacher.beliefs(ROWS)
        teacher.beliefs(ROWS)
    assert len(told) == 1


@pytest.mark.started
def test_closing_ends_helpers_that_are_still_loading(path: Path, told: Counter[int]) -> None:
    """No process is left."""
    teacher = teacher_of(path, 4)
    children = []
    own = teacher.start_child
    teacher.start_child = lambda: (children.append(own()), children[-1])[1]  # type: ignore[method-assign]
    teacher.beliefs(ROWS[:200])
    teacher.close()
    assert len(children) == 3
    assert not any(each.close.alive for each in children)
    assert all(each._process.poll() is not None for each in children)
