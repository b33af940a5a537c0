"""Tests of crembo_cli.teachers.process.subprocess_teacher."""

from __future__ import annotations

import pickle
from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from onnx import helper
from sklearn.linear_model import LogisticRegression

from crembo_cli.errors import TeacherError
from crembo_cli.teachers.process.subprocess_teacher import SubprocessTeacher
from crembo_cli.teachers.process.timing import count_timed_rows
from tests.teachers.conftest import WEIGHTS, Builder, Loader, dense, softmax


def net(graph: Builder) -> Path:
    """A small net of four columns."""
    return graph(dense(), [("X", "float", ["n", 4])], [("p", "float", ["n", 3])], {"W": WEIGHTS})


@pytest.mark.parametrize(
    ("size", "progress"),
    [
        ({}, [60]),
        ({"chunk_rows": 7}, [7, 21, 49, 60]),
        ({"chunk_bytes": 1}, list(range(1, 61))),
    ],
)
def test_the_size_of_requests_does_not_change_the_beliefs(
    graph: Builder, iris: pd.DataFrame, size: dict[str, int], progress: list[int]
) -> None:
    """Each request reports its progress; a request has at least one row."""
    teacher = SubprocessTeacher(
        net(graph), "onnx", activation="auto", hard_labels=False, trust_pickle=False, timeout=60,
        threads=1, memory_limit=None, **size,
    )  # fmt: skip
    done: list[int] = []
    with closing(teacher):
        beliefs = teacher.beliefs(iris, progress=done.append)
    assert beliefs.dtype == np.float32
    np.testing.assert_allclose(beliefs, softmax(iris.to_numpy() @ WEIGHTS), atol=1e-6)
    assert done == progress


def test_messages_have_the_row_number_of_the_table(graph: Builder, teacher: Loader) -> None:
    """What is wrong with a row is told by its number in the table, also in a later part."""
    division = helper.make_node("Div", ["X", "X"], ["p"])
    path = graph([division], [("X", "float", [None, 1])], [("p", "float", [None, 1])])
    frame = pd.DataFrame({"a": [1.0, 0.0]}, index=[10, 77])
    with pytest.raises(TeacherError, match=r"^model\.onnx: .*returns NaN for row 78"):
        teacher(path).beliefs(frame)


def test_a_cell_that_does_not_fit_is_named_with_the_teacher(
    graph: Builder, teacher: Loader
) -> None:
    """The teacher, the row and the column are all in the line."""
    frame = pd.DataFrame({c: pd.Series(["x"], dtype=object) for c in "abcd"}, index=[5])
    with pytest.raises(TeacherError, match=r"^model\.onnx: row 6, column 'a': a cell does not"):
        teacher(net(graph)).beliefs(frame)


def test_another_number_of_features_is_refused(graph: Builder, teacher: Loader) -> None:
    """Three columns for a teacher of four."""
    with pytest.raises(TeacherError, match="found 3 features; wanted 4"):
        teacher(net(graph)).beliefs(pd.DataFrame(np.zeros((2, 3))))


def test_a_table_without_rows_is_refused(graph: Builder, teacher: Loader) -> None:
    """An empty table does not show the format of the outputs."""
    with pytest.raises(TeacherError, match="got none"):
        teacher(net(graph)).beliefs(pd.DataFrame(np.zeros((0, 4))))


def test_the_first_table_fixes_the_output_format(graph: Builder, teacher: Loader) -> None:
    """Scores that were probabilities on the first table must be so on every later one."""
    node = helper.make_node("Identity", ["X"], ["p"])
    loaded = teacher(graph([node], [("X", "float", [None, 2])], [("p", "float", [None, 2])]))
    good = pd.DataFrame({"a": [0.25], "b": [0.75]})
    np.testing.assert_allclose(loaded.beliefs(good), [[0.25, 0.75]])
    assert loaded.classes == (0, 1)
    assert loaded.output_format == "output 'p', probabilities"
    with pytest.raises(TeacherError, match="found 2 in row 1"):
        loaded.beliefs(pd.DataFrame({"a": [2.0], "b": [-1.0]}))


def test_the_speed_is_measured(graph: Builder, teacher: Loader, iris: pd.DataFrame) -> None:
    """Sixty rows of a small net take less than a tenth of a second."""
    assert teacher(net(graph)).rows_per_second(iris) > 600


def test_an_error_of_one_table_leaves_the_teacher_alive(
    tmp_path: Path, teacher: Loader, iris: pd.DataFrame
) -> None:
    """The message is that of the library; the next table gets its probabilities."""
    path = tmp_path / "model.pkl"
    model = LogisticRegression().fit(iris.to_numpy(), np.repeat([0, 1, 2], 20))
    path.write_bytes(pickle.dumps(model))
    loaded = teacher(path)
    with_hole = iris.copy()
    with_hole.iloc[3, 2] = np.nan
    with pytest.raises(TeacherError, match=r"the teacher failed: ValueError: Input X contains NaN"):
        loaded.beliefs(with_hole)
    np.testing.assert_allclose(
        loaded.beliefs(iris), model.predict_proba(iris.to_numpy()), atol=1e-6
    )


def test_a_slow_teacher_is_timed_on_few_rows() -> None:
    """A call takes about .2 seconds, however large the table is."""
    assert count_timed_rows(80.0, 1000) == 16
    assert count_timed_rows(0.01, 1000) == 1
    assert count_timed_rows(1e6, 8000) == 8000
