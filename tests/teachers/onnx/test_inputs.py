"""A model's inputs understood and filled."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from crembo_cli.errors import TeacherError
from crembo_cli.teachers.contract import ModelInput
from crembo_cli.teachers.onnx.inputs import build_feeds, describe_input, fixed_batch


def node(type_: str, shape: list[Any]) -> Any:
    """An input as onnxruntime describes one."""
    return SimpleNamespace(name="X", type=type_, shape=shape)


@pytest.mark.parametrize(
    ("shape", "width"),
    [
        ([None, 4], 4),
        (["batch", 4], 4),
        ([32, 4], 4),
        ([None, 3, 8, 8], 192),
        ([None], 1),
        ([None, 1], 1),
        ([None, None], 0),
        ([None, "features"], 0),
        ([None, 3, None], 0),
    ],
)
def test_the_width_is_the_product_behind_the_batch(shape: list[Any], width: int) -> None:
    """An image of 3 x 8 x 8 takes 192 columns; an open size leaves the width open."""
    assert describe_input(node("tensor(float)", shape)).width == width


@pytest.mark.parametrize(
    ("type_", "shape"),
    [
        ("tensor(float)", []),
        ("tensor(float)", [None, 3, None, None]),
        ("tensor(complex64)", [None, 3]),
        ("seq(tensor(float))", [None, 3]),
    ],
)
def test_an_unsupported_input_is_refused(type_: str, shape: list[Any]) -> None:
    """A scalar, an image of unknown size and other types are named with their shape."""
    with pytest.raises(TeacherError, match="unsupported input 'X'"):
        describe_input(node(type_, shape))


def told(*shapes: tuple[Any, ...]) -> list[ModelInput]:
    """Inputs of these shapes."""
    return [describe_input(node("tensor(float)", list(shape))) for shape in shapes]


def test_a_fixed_batch_is_one_for_all_inputs() -> None:
    """Open batches take any number of rows; a fixed one is shared; two cannot be."""
    assert fixed_batch(told((None, 2), ("n", 1))) is None
    assert fixed_batch(told((32, 2), (None, 1))) == 32
    with pytest.raises(TeacherError, match="one batch size"):
        fixed_batch(told((32, 2), (1, 1)))


def test_several_inputs_need_known_widths() -> None:
    """How features resolve_widths over two inputs of any width is anybody's guess."""
    with pytest.raises(TeacherError, match="fixed widths if there are several inputs"):
        fixed_batch(told((None, None), (None, 1)))


def test_flat_columns_become_images() -> None:
    """Columns fill an image row by row, in C order."""
    rows = np.arange(16, dtype=np.float32).reshape(2, 8)
    header = {"rows": 2, "feeds": [{"name": "X", "array": 0}]}
    (feeds,) = build_feeds(told((None, 2, 2, 2)), header, [rows])
    np.testing.assert_array_equal(feeds["X"], rows.reshape(2, 2, 2, 2))


def test_an_open_size_is_what_remains() -> None:
    """One open size behind the batch is worked out from the columns."""
    header = {"rows": 2, "feeds": [{"name": "X", "array": 0}]}
    (feeds,) = build_feeds(told((None, 2, "time")), header, [np.zeros((2, 6), dtype=np.float32)])
    assert feeds["X"].shape == (2, 2, 3)


def test_the_last_batch_is_filled_up() -> None:
    """Five rows in batches of two are three runs, the last row standing in for the sixth."""
    rows = np.arange(5, dtype=np.float32)[:, None]
    header = {"rows": 5, "feeds": [{"name": "X", "array": 0}]}
    runs = build_feeds(told((2, 1)), header, [rows])
    assert [run["X"].ravel().tolist() for run in runs] == [[0, 1], [2, 3], [4, 4]]


def test_text_becomes_an_array_of_text() -> None:
    """onnxruntime takes text as an array of objects."""
    header = {"rows": 2, "feeds": [{"name": "X", "texts": ["a", "b"]}]}
    (feeds,) = build_feeds(
        [ModelInput(name="X", type="string", shape=(None, 1), width=1)], header, []
    )
    assert feeds["X"].dtype == object
    assert feeds["X"].tolist() == [["a"], ["b"]]
