"""The student's ONNX: its outputs, its versions, its provenance, its bytes."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest

from crembo_cli.student_file.build import build_model, model_bytes
from crembo_cli.student_file.outputs import label_values
from crembo_cli.student_file.signature import Signature
from crembo_cli.students.contract import Feature
from crembo_cli.teachers.contract import ClassLabel, ModelInput
from tests.testing.cut import Cut

SIDES = np.array([[0.7, 0.3], [0.2, 0.8]], np.float32)
ROWS = np.array([[1.0, 9.0], [2.0, 9.0], [np.nan, 9.0]], np.float32)


def signature(*inputs: ModelInput) -> Signature:
    """Two features, taken as the inputs say."""
    features = (Feature(name="a"), Feature(name="b"))
    return Signature(inputs=inputs, features=features, missing_texts=("",))


def matrix(batch: Any = None, name: str = "X") -> ModelInput:
    """One float tensor of two columns."""
    return ModelInput(name=name, type="float", shape=(batch, 2), width=2)


def built(classes: tuple[ClassLabel, ...] = (0, 1), batch: Any = None) -> onnx.ModelProto:
    """A cut at 1, with these classes."""
    return build_model(Cut(1.0, SIDES), signature(matrix(batch)), classes, {}, "1.2")


@pytest.mark.parametrize(
    ("classes", "predicted"),
    [
        ((0, 1), [0, 1, 1]),
        ((7, -3), [7, -3, -3]),
        ((1.0, 2.0), [1, 2, 2]),
        ((False, True), [0, 1, 1]),
        (("no", "yes"), ["no", "yes", "yes"]),
        ((0.5, 1.0), ["0.5", "1.0", "1.0"]),
        ((1, "yes"), ["1", "yes", "yes"]),
        ((2**63, 0), ["9223372036854775808", "0", "0"]),
        ((1e300, 0.0), ["1e+300", "0.0", "0.0"]),
        ((float("nan"), 0.0), ["nan", "0.0", "0.0"]),
    ],
)
def test_labels_have_the_type_of_the_classes(
    classes: tuple[ClassLabel, ...], predicted: list[ClassLabel]
) -> None:
    """Whole numbers come as int64, all else as text; nothing overflows."""
    session = onnxruntime.InferenceSession(model_bytes(built(classes)))
    labels, probabilities = session.run(["label", "probabilities"], {"X": ROWS})
    assert labels.tolist() == predicted
    assert labels.tolist() == label_values(classes)[[0, 1, 1]].tolist()
    assert labels.dtype == (np.int64 if isinstance(predicted[0], int) else object)
    np.testing.assert_array_equal(probabilities, SIDES[[0, 1, 1]])


def test_versions() -> None:
    """Opset 18, ai.onnx.ml 3 and IR 8 for a student that does not say `opsets`."""
    model = built()
    assert model.ir_version == 8
    assert {each.domain: each.version for each in model.opset_import} == {"": 18, "ai.onnx.ml": 3}
    assert (model.producer_name, model.producer_version) == ("crembo", "1.2")


@pytest.mark.parametrize("batch", [None, "N", 3])
def test_outputs_have_the_batch_of_the_inputs(batch: Any) -> None:
    """`label` is (batch,) and `probabilities` (batch, classes), open, named or fixed as given."""
    session = onnxruntime.InferenceSession(model_bytes(built(batch=batch)))
    outputs = {each.name: each.shape for each in session.get_outputs()}
    size = session.get_inputs()[0].shape[0]
    assert size in (batch, "unk__0")
    assert [outputs["label"][1:], outputs["probabilities"][1:]] == [[], [2]]
    assert isinstance(outputs["label"][0], int) == isinstance(batch, int)


def test_provenance_is_sorted_and_makes_the_same_bytes() -> None:
    """The order of the keys is no part of the file."""
    one = build_model(Cut(1.0, SIDES), signature(matrix()), (0, 1), {"b": "2", "a": "é"}, "1")
    other = build_model(Cut(1.0, SIDES), signature(matrix()), (0, 1), {"a": "é", "b": "2"}, "1")
    assert [(each.key, each.value) for each in one.metadata_props] == [("a", "é"), ("b", "2")]
    assert model_bytes(one) == model_bytes(other)


def test_an_input_may_have_the_name_of_a_tensor_of_the_student() -> None:
    """A column called as the family calls a tensor of its own is a column still."""
    inputs = (
        ModelInput(name="student_cell", type="float", shape=(None, 1), width=1),
        ModelInput(name="student_threshold", type="float", shape=(None, 1), width=1),
    )
    model = build_model(Cut(1.0, SIDES), signature(*inputs), (0, 1), {}, "1")
    session = onnxruntime.InferenceSession(model_bytes(model))
    fed = {"student_cell": ROWS[:, :1], "student_threshold": ROWS[:, 1:]}
    assert session.run(["label"], fed)[0].tolist() == [0, 1, 1]
