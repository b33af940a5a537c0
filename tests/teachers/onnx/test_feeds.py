"""A table's columns to a model's inputs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from crembo_cli.errors import TeacherError
from crembo_cli.teachers.contract import ModelInput
from crembo_cli.teachers.onnx.inputs import pack_feeds, resolve_widths


def one(type_: str, width: int = 1) -> ModelInput:
    """An input of `width` columns."""
    return ModelInput(name="X", type=type_, shape=(None, width), width=width)


def fed(column: Any, type_: str) -> Any:
    """What an input takes of one column, whose first row is row 31 of the table."""
    cells = pd.Series(column)
    cells.index = pd.RangeIndex(30, 30 + len(cells))
    header, arrays = pack_feeds(pd.DataFrame({"age": cells}), [one(type_)])
    (feed,) = header["feeds"]
    return feed["texts"] if "texts" in feed else arrays[feed["array"]]


@pytest.mark.parametrize(
    ("type_", "dtype"),
    [
        ("float", np.float32),
        ("double", np.float64),
        ("float16", np.float16),
        ("int64", np.int64),
        ("int32", np.int32),
        ("uint8", np.uint8),
        ("bool", np.bool_),
    ],
)
def test_numbers_become_the_type_of_the_input(type_: str, dtype: type) -> None:
    """0 and 1 fit into every type, from whole, floating and truth columns alike."""
    for column in ([0, 1], [0.0, 1.0], [False, True]):
        array = fed(column, type_)
        assert array.dtype == dtype
        np.testing.assert_array_equal(array, np.array([[0], [1]]))


def test_missing_numbers_are_nan_and_missing_text_is_empty() -> None:
    """Each type's own way of saying that a cell is missing."""
    np.testing.assert_array_equal(fed([1.5, np.nan], "float"), [[1.5], [np.nan]])
    assert fed(pd.Series(["a", None], dtype=object), "string") == ["a", ""]
    assert fed([2.0, np.nan], "string") == ["2", ""]


def test_text_is_what_the_model_was_trained_on() -> None:
    """A whole number is written without its fraction, whether it came as 2 or as 2.0."""
    assert fed([2, -3], "string") == ["2", "-3"]
    assert fed([2.0, -3.0], "string") == ["2", "-3"]
    assert fed([True, False], "string") == ["True", "False"]
    assert fed(pd.Series(["x", "2.0"], dtype=object), "string") == ["x", "2.0"]


@pytest.mark.parametrize(
    ("column", "type_", "message"),
    [
        ([1.0, 2.5], "int64", r"row 32, column 'age'.*found 2\.5; wanted a whole int64"),
        ([1.0, np.nan], "int64", "row 32.*found a missing cell; wanted a whole int64"),
        ([1, 300], "uint8", "row 32.*found 300; wanted a whole uint8"),
        ([1, -1], "uint8", "row 32.*found -1"),
        ([0, 2], "bool", r"row 32.*found 2; wanted 0 or 1 \(bool\)"),
        ([1.0, 1e39], "float", r"row 32.*found 1e\+39; wanted float"),
        ([1.0, 1e5], "float16", r"row 32.*found 100000\.0; wanted float16"),
        (pd.Series(["x", None], dtype=object), "float", r"row 31.*found 'x'; wanted a number"),
        ([1.0, 2.5], "string", r"row 32.*found 2\.5; wanted text, or a whole number"),
    ],
)
def test_what_does_not_fit_is_named_by_row_and_column(
    column: Any, type_: str, message: str
) -> None:
    """No cell is rounded, wrapped or guessed: it is named."""
    with pytest.raises(TeacherError, match=message):
        fed(column, type_)


def test_features_are_consumed_in_the_order_of_the_inputs() -> None:
    """Each input takes as many of the columns as it is wide, mixed types included."""
    frame = pd.DataFrame(
        {"a": [1.5, 2.5], "b": [True, False], "c": ["x", "y"], "d": [7, 8]}
    ).astype({"c": object})
    inputs = [
        ModelInput(name="first", type="float", shape=(None, 2), width=2),
        ModelInput(name="second", type="string", shape=(None, 1), width=1),
        ModelInput(name="third", type="int64", shape=(None, 1), width=1),
    ]
    header, arrays = pack_feeds(frame, inputs)
    assert header["rows"] == 2
    assert header["feeds"] == [
        {"name": "first", "array": 0},
        {"name": "second", "texts": ["x", "y"]},
        {"name": "third", "array": 1},
    ]
    np.testing.assert_array_equal(arrays[0], [[1.5, 1], [2.5, 0]])
    np.testing.assert_array_equal(arrays[1], [[7], [8]])


def test_text_of_several_columns_goes_row_by_row() -> None:
    """A tensor of text is filled in C order."""
    frame = pd.DataFrame({"a": ["x", "y"], "b": ["u", "v"]}).astype(object)
    header, _ = pack_feeds(frame, [one("string", 2)])
    assert header["feeds"][0]["texts"] == ["x", "u", "y", "v"]


def test_an_open_input_takes_the_whole_table() -> None:
    """An input of any width gets the table's; one of a fixed width must be met."""
    assert [each.width for each in resolve_widths([one("float", 0)], 7)] == [7]
    assert [each.width for each in resolve_widths([one("float", 7)], 7)] == [7]
    with pytest.raises(TeacherError, match="found 6 features; wanted 7"):
        resolve_widths([one("float", 7)], 6)
