"""Columns of lists: one column for each place, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crembo_cli.dataset.frames import table_in_memory
from crembo_cli.dataset.lists import spread_lists
from crembo_cli.dataset.read import read_table
from crembo_cli.errors import DataError
from tests import small_teachers
from tests.in_process import crembo

VALUES = [[1.0, 2.0, 3.0], [4.0, None, 6.0]]


@pytest.mark.parametrize(
    "type_",
    [pa.list_(pa.float32(), 3), pa.list_(pa.float64()), pa.large_list(pa.float16())],
    ids=["fixed size", "plain", "large, float16"],
)
def test_a_column_of_lists_becomes_columns(type_: pa.DataType, tmp_path: Path) -> None:
    """Each place gets a column of its own, in the place of the list; missing numbers are NaN."""
    cells = pa.array([[None if x is None else np.float16(x) for x in row] for row in VALUES], type_)
    whole = pa.table({"a": ["x", "y"], "emb": cells, "z": [1, 2]})
    pq.write_table(whole, tmp_path / "data.parquet")
    table = read_table(tmp_path / "data.parquet")
    assert list(table.frame.columns) == ["a", "emb[0]", "emb[1]", "emb[2]", "z"]
    assert table.spread(["z", "emb"]) == ("z", "emb[0]", "emb[1]", "emb[2]")
    assert table.frame["emb[2]"].tolist() == [3, 6]
    assert np.isnan(table.frame["emb[1]"]).tolist() == [False, True]


def test_lists_of_lists_are_laid_out_in_their_order() -> None:
    """An image as rows of pixels: row 0 first."""
    table = table_in_memory({"image": [[[1, 2], [3, 4]], [[5, 6], [7, 8]], [[9, 10], [11, 12]]]})
    assert table.frame.to_numpy().tolist() == [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]]
    assert table.frame.dtypes.unique().tolist() == [np.dtype(np.int64)]


def test_arrays_in_a_pandas_frame_are_lists() -> None:
    """A column of numpy arrays of one length."""
    frame = pd.DataFrame({"emb": [np.arange(2.0), np.arange(2.0) + 5]})
    assert table_in_memory(frame).frame["emb[1]"].tolist() == [1.0, 6.0]


def test_chunks_of_a_sliced_column_stay_in_order() -> None:
    """Several chunks with offsets are read as one column."""
    cells = pa.chunked_array([pa.array([[0, 0], [1, 2]])[1:], pa.array([[3, 4], [5, 6]])])
    spread, _ = spread_lists({"v": cells}, "t")
    assert spread["v[1]"].to_pylist() == [2, 4, 6]


@pytest.mark.parametrize(
    ("lists", "said"),
    [
        ([[1, 2], [3]], "t, row 2, column 'v': the lists of a column differ in length; found 1 "
         "numbers; wanted 2, as in row 1"),
        ([[1, 2], None], "t, row 2, column 'v': the lists of a column differ in length; found no "
         "list; wanted 2, as in row 1"),
        ([[], [3]], "t, row 1, column 'v': the lists of a column differ in length; found 0 "
         "numbers; wanted 1 or more"),
        ([[[1, 2], [3, 4]], [[5, 6], [7]]], "t, row 2, column 'v': the lists of a column differ in "
         "length; found 1 numbers; wanted 2, as in row 1"),
    ],
)  # fmt: skip
def test_lists_that_differ_in_length_are_refused(lists: list[object], said: str) -> None:
    """By name and row: shorter, missing, empty, and inside a list of lists."""
    with pytest.raises(DataError) as error:
        spread_lists({"v": pa.chunked_array([pa.array(lists)])}, "t")
    assert str(error.value) == said


def test_a_name_that_is_there_already_is_refused() -> None:
    """A list `v` beside a column `v[1]`."""
    with pytest.raises(DataError, match=r"duplicate column name; found 'v\[1\]'"):
        table_in_memory({"v[1]": [1, 2], "v": [[1, 2], [3, 4]]})


def test_lists_of_text_stay_unusable() -> None:
    """They are named where they are needed, and left alone otherwise."""
    assert table_in_memory({"a": [1, 2], "tags": [["x"], ["y"]]}).unusable.keys() == {"tags"}


def test_a_teacher_that_takes_a_list_as_one_tensor_gets_one(tmp_path: Path) -> None:
    """By --features emb, beside an id; the student takes the same tensor."""
    path = small_teachers.teacher(tmp_path / "teacher.onnx")
    frame = small_teachers.table(80)
    emb = frame[["a", "b", "c", "d"]].to_numpy(np.float32)
    whole = pd.DataFrame({"id": range(80), "emb": list(emb), "target": frame["target"]})
    whole.to_parquet(tmp_path / "data.parquet", index=False)
    arguments = ("compress", path, "data.parquet", "--features", "emb", "--quick-report")
    ran = crembo(tmp_path, *arguments, "--synthetic", "200")
    assert ran.code == 0, ran.err
    session = onnxruntime.InferenceSession(tmp_path / "teacher.student.onnx")
    labels = session.run(["label"], {"X": emb})[0]
    assert np.mean(labels == frame["target"]) > 0.7
    assert crembo(tmp_path, "evaluate", "teacher.student.onnx", "data.parquet").code == 0
