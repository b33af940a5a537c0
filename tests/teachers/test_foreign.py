"""Teachers that answer through a child process."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from onnx import helper
from sklearn.linear_model import LogisticRegression

from crembo_cli.errors import TeacherError
from crembo_cli.teachers.process import subprocess_teacher as foreign_module
from crembo_cli.teachers.process.subprocess_teacher import SubprocessTeacher
from crembo_cli.teachers.process.wire import Message
from tests.teachers.conftest import WEIGHTS, Builder, Loader, dense, softmax


def net(graph: Builder) -> Path:
    """A small net of four columns."""
    return graph(dense(), [("X", "float", ["n", 4])], [("p", "float", ["n", 3])], {"W": WEIGHTS})


def test_chunks_change_nothing(
    graph: Builder, teacher: Loader, iris: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A table that goes over in parts gets the beliefs it gets at once, and progress is told."""
    loaded = teacher(net(graph))
    whole = loaded.beliefs(iris)
    monkeypatch.setattr(foreign_module, "CHUNK_ROWS", 7)
    told: list[int] = []
    np.testing.assert_allclose(loaded.beliefs(iris, progress=told.append), whole, atol=1e-7)
    assert told == [*range(7, 60, 7), 60]


def test_wide_rows_go_over_in_small_parts(
    graph: Builder, teacher: Loader, iris: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A part is bounded in bytes as well, down to one row."""
    monkeypatch.setattr(foreign_module, "CHUNK_BYTES", 1)
    told: list[int] = []
    teacher(net(graph)).beliefs(iris.head(3), progress=told.append)
    assert told == [1, 2, 3]


def test_rows_are_named_as_in_the_table(graph: Builder, teacher: Loader) -> None:
    """What is wrong with a row is told by its number in the table, also in a later part."""
    division = helper.make_node("Div", ["X", "X"], ["p"])
    path = graph([division], [("X", "float", [None, 1])], [("p", "float", [None, 1])])
    frame = pd.DataFrame({"a": [1.0, 0.0]}, index=[10, 77])
    with pytest.raises(TeacherError, match=r"^model\.onnx: .*row 77 is not a number"):
        teacher(path).beliefs(frame)


def test_a_cell_that_does_not_fit_is_named_with_the_teacher(
    graph: Builder, teacher: Loader
) -> None:
    """The teacher, the row and the column are all in the line."""
    frame = pd.DataFrame({c: pd.Series(["x"], dtype=object) for c in "abcd"}, index=[5])
    with pytest.raises(TeacherError, match=r"^model\.onnx: row 5, column 'a': a cell does not fit"):
        teacher(net(graph)).beliefs(frame)


def test_another_number_of_features_is_refused(graph: Builder, teacher: Loader) -> None:
    """Three columns for a teacher of four."""
    with pytest.raises(TeacherError, match="found 3 features; wanted 4"):
        teacher(net(graph)).beliefs(pd.DataFrame(np.zeros((2, 3))))


def test_no_rows_are_refused(graph: Builder, teacher: Loader) -> None:
    """There is nothing to settle on an empty table."""
    with pytest.raises(TeacherError, match="no rows"):
        teacher(net(graph)).beliefs(pd.DataFrame(np.zeros((0, 4))))


def test_the_first_table_settles_the_reading(graph: Builder, teacher: Loader) -> None:
    """Scores that were probabilities on the first table must be so on every later one."""
    node = helper.make_node("Identity", ["X"], ["p"])
    loaded = teacher(graph([node], [("X", "float", [None, 2])], [("p", "float", [None, 2])]))
    good = pd.DataFrame({"a": [0.25], "b": [0.75]})
    np.testing.assert_allclose(loaded.beliefs(good), [[0.25, 0.75]])
    assert loaded.classes == (0, 1)
    assert loaded.output_format == "output 'p', probabilities as they are"
    with pytest.raises(TeacherError, match="found 2 in row 0"):
        loaded.beliefs(pd.DataFrame({"a": [2.0], "b": [-1.0]}))


def test_a_rate_is_measured(graph: Builder, teacher: Loader, iris: pd.DataFrame) -> None:
    """Sixty rows of a small net take less than a tenth of a second."""
    assert teacher(net(graph)).rows_per_second(iris) > 600


def test_an_error_of_one_table_leaves_the_teacher_alive(
    tmp_path: Path, teacher: Loader, iris: pd.DataFrame
) -> None:
    """What a model cannot answer is told in its library's words; the next table is answered."""
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


def test_beliefs_are_what_the_model_says(
    graph: Builder, teacher: Loader, iris: pd.DataFrame
) -> None:
    """Float32, one row a row, one column a class."""
    beliefs = teacher(net(graph)).beliefs(iris)
    assert beliefs.dtype == np.float32
    np.testing.assert_allclose(beliefs, softmax(iris.to_numpy() @ WEIGHTS), atol=1e-6)


def test_a_slow_teacher_is_timed_on_few_rows(
    graph: Builder, teacher: Loader, iris: pd.DataFrame
) -> None:
    """A rate takes about as long as two seconds of beliefs, however large the table is."""
    loaded = teacher(net(graph))
    assert isinstance(loaded, SubprocessTeacher)
    loaded.beliefs(iris)
    asked: list[int] = []
    ask = loaded._ask

    def counting(what: str, frame: pd.DataFrame) -> Message:
        asked.append(len(frame))
        return ask(what, frame)

    loaded._ask = counting  # type: ignore[method-assign]
    loaded._pace = 8.0
    loaded.rows_per_second(iris)
    loaded._pace = 0.01
    loaded.rows_per_second(iris)
    loaded._pace = 1e6
    loaded.rows_per_second(iris)
    assert asked == [16, 1, 60]
