"""The inputs of a student are its teacher's, and become the rows that it was fitted on."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnxruntime
import pandas as pd
import pytest
from onnx import TensorProto, checker, helper

from crembo_cli.dataset.encode import Encoding, learn_encoding
from crembo_cli.errors import DataError
from crembo_cli.student_file.build import feeds
from crembo_cli.student_file.signature import Signature, input_infos, rows_nodes, signature_of
from crembo_cli.teachers.contract import ModelInput


def texts(cells: list[str | None]) -> pd.Series[Any]:
    """A column of text, as tables hold it."""
    return pd.Series(cells, dtype=object)


NUMBERS = pd.DataFrame(
    {
        "a": [1.0, 2.0, 3.0, 250.0],
        "b": [0.0, 1.0, 0.0, 1.0],
        "c": [5.0] * 4,
        "d": [7.0, 8.0, 9.0, 1],
    }
)
MIXED = pd.DataFrame(
    {
        "size": np.array([0.1, np.nan, 3.7, 1e-30]),
        "colour": texts(["red", None, "blue", ""]),
        "count": np.array([2**40 + 1, -3, 0, 7]),
        "new": np.array([True, False, True, True]),
        "grade": texts(["A", "B", "NA", "A"]),
    }
)
BELIEFS = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.6, 0.4]], np.float32)


def model_input(name: str, type_: str, *shape: Any) -> ModelInput:
    """An input whose width is what its shape says."""
    width = int(np.prod([size for size in shape[1:] if isinstance(size, int)]))
    return ModelInput(name=name, type=type_, shape=shape, width=width)


def read_by_the_model(signature: Signature, frame: pd.DataFrame) -> np.ndarray:
    """The matrix that a student with this signature reads of `frame`, by onnxruntime."""
    nodes, initializers, rows = rows_nodes(signature)
    nodes.append(helper.make_node("Identity", [rows], ["read"]))  # the rows may be an input itself
    output = helper.make_tensor_value_info("read", TensorProto.FLOAT, [None, None])
    graph = helper.make_graph(nodes, "g", input_infos(signature), [output], initializers)
    opsets = [helper.make_opsetid("", 11), helper.make_opsetid("ai.onnx.ml", 2)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=6)
    checker.check_model(model)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    return np.concatenate([session.run(None, fed)[0] for fed in feeds(signature.inputs, frame)])


def check(inputs: tuple[ModelInput, ...], frame: pd.DataFrame) -> Signature:
    """What the model reads is what the student was fitted on, to the bit."""
    encoding = learn_encoding(frame, BELIEFS)
    signature = signature_of(inputs, encoding)
    read = read_by_the_model(signature, frame)
    assert read.dtype == np.float32
    np.testing.assert_array_equal(read[: len(frame)], encoding.encode(frame))
    return signature


@pytest.mark.parametrize(
    "type_", ["float", "double", "float16", "int64", "int32", "int16", "uint8", "uint64"]
)
@pytest.mark.parametrize("shape", [(None, 4), ("N", 4), (None, 2, 2), (None, 1, 2, 2), (4, 4)])
def test_numbers_of_every_type_and_shape(type_: str, shape: tuple[Any, ...]) -> None:
    """One tensor of any type is cast and laid flat; names, types and shapes are the teacher's."""
    inputs = (model_input("pixels", type_, *shape),)
    signature = check(inputs, NUMBERS)
    assert signature.inputs == inputs


def test_bool() -> None:
    """Truth is 1."""
    check((model_input("flags", "bool", None, 1),), MIXED[["new"]])


@pytest.mark.parametrize("batch", [1, 3, 5])
def test_a_fixed_batch_is_filled_up(batch: int) -> None:
    """Rows are fed in the batches that the teacher fixed."""
    check((model_input("X", "float", batch, 4),), NUMBERS)


def test_several_inputs_take_the_features_in_order() -> None:
    """One input a column, of one dimension or two, mixed with one for several columns."""
    inputs = (
        model_input("first", "double", None),
        model_input("middle", "float", None, 2),
        model_input("last", "int64", None, 1),
    )
    check(inputs, NUMBERS)


def test_text_inputs() -> None:
    """Text becomes its code, the empty one and the spellings of nothing NaN, unseen text -1."""
    inputs = (
        model_input("size", "float", None, 1),
        model_input("colour", "string", None, 1),
        model_input("count", "int64", None, 1),
        model_input("new", "bool", None, 1),
        model_input("grade", "string", None),
    )
    signature = check(inputs, MIXED)
    encoding = learn_encoding(MIXED, BELIEFS)
    strange = MIXED.assign(
        colour=texts(["green", "NaN", "red", "RED"]),
        grade=texts(["C", "", "NA", "null"]),
    )
    read = read_by_the_model(signature, strange)
    np.testing.assert_array_equal(read, encoding.encode(strange))
    assert list(read[:2, 1]) == [-1.0, pytest.approx(np.nan, nan_ok=True)]


def test_one_tensor_of_text() -> None:
    """Several columns of text in one input, as in a teacher for text alone."""
    frame = MIXED[["colour", "grade"]].assign(more=texts([None] * 4))
    check((model_input("X", "string", None, 3),), frame)


def test_numbers_of_a_pickle_are_one_tensor() -> None:
    """Where the teacher is no ONNX, numbers are one float tensor `X`."""
    signature = check((), NUMBERS.astype({"b": bool, "c": np.int64}))
    assert [(each.name, each.type, each.shape) for each in signature.inputs] == [
        ("X", "float", (None, 4))
    ]


def test_columns_of_a_pickle_with_text_are_inputs() -> None:
    """Where there is text beside them, each column is an input under its own name."""
    signature = check((), MIXED)
    assert [(each.name, each.type, each.shape) for each in signature.inputs] == [
        ("size", "float", (None, 1)),
        ("colour", "string", (None, 1)),
        ("count", "float", (None, 1)),
        ("new", "float", (None, 1)),
        ("grade", "string", (None, 1)),
    ]


@pytest.mark.parametrize("name", ["label", "probabilities", "crembo_rows"])
def test_names_that_the_student_uses_itself(name: str) -> None:
    """An input cannot have the name of an output, or of a tensor between."""
    frame = MIXED.rename(columns={"colour": name})
    with pytest.raises(DataError, match=f"input '{name}'.*rename the column"):
        signature_of((), learn_encoding(frame, BELIEFS))


def test_a_numeric_table_may_use_those_names() -> None:
    """In one tensor `X` the columns' names are no names of inputs."""
    encoding: Encoding = learn_encoding(NUMBERS.rename(columns={"a": "label"}), BELIEFS)
    assert signature_of((), encoding).inputs[0].name == "X"
