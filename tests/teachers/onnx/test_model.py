"""The layouts of an ONNX classifier, run in onnxruntime."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, helper

from crembo_cli.errors import TeacherError
from crembo_cli.teachers.interpret import interpret
from crembo_cli.teachers.onnx.inputs import pack_feeds, resolve_widths
from crembo_cli.teachers.onnx.model import OnnxModel
from crembo_cli.teachers.process.subprocess_teacher import SubprocessTeacher
from tests.teachers.conftest import WEIGHTS, Builder, Loader, dense, softmax

ML = "ai.onnx.ml"
X4 = ("X", "float", [None, 4])
P3 = ("p", "float", [None, 3])
ARGMAX = helper.make_node("ArgMax", ["p"], ["index"], axis=1, keepdims=0)


def answered(
    path: Path, frame: pd.DataFrame, *, activation: str = "auto", hard: bool = False
) -> tuple[NDArray[np.float32], Any, OnnxModel]:
    """Beliefs, what was settled, and the model, all in this process."""
    model = OnnxModel(str(path), threads=1, hard_labels=hard)
    inputs = resolve_widths(model.info.inputs, frame.shape[1])
    header, arrays = pack_feeds(frame, inputs)
    told, outputs = model.scores(model.predict(model.rows(header, arrays)), len(frame))
    answers = dict(zip(told["names"], outputs, strict=True))
    labels = answers.pop("", None)
    interpretation = interpret(
        answers,
        labels,
        range(len(frame)),
        classes=told["classes"] or model.info.classes,
        info=model.info,
        activation=activation,
        hard=hard,
    )
    return interpretation.beliefs(answers, labels, range(len(frame))), interpretation, model


def expected(frame: pd.DataFrame) -> NDArray[Any]:
    """What the net of `dense` answers."""
    return softmax(frame.to_numpy(dtype=np.float64) @ WEIGHTS)


@pytest.mark.parametrize("type_", ["float", "double", "float16", "int64", "int32", "uint8", "bool"])
def test_inputs_of_every_type(graph: Builder, type_: str) -> None:
    """Whole numbers, floats and truth values are fed as the input wants them."""
    cast = helper.make_node("Cast", ["X"], ["rows"], to=TensorProto.FLOAT)
    path = graph([cast, *dense("rows")], [("X", type_, [None, 4])], [P3], {"W": WEIGHTS})
    frame = pd.DataFrame(np.array([[0, 1, 1, 0], [1, 1, 0, 0]]), columns=list("abcd"))
    beliefs, _, model = answered(path, frame)
    np.testing.assert_allclose(beliefs, expected(frame), atol=1e-6)
    assert model.info.n_features == 4


def test_text_inputs(graph: Builder) -> None:
    """A model of text gets text, and missing text as ''."""
    encoder = helper.make_node(
        "LabelEncoder",
        ["X"],
        ["code"],
        domain=ML,
        keys_strings=["no", "yes", ""],
        values_floats=[-1.0, 1.0, 0.0],
        default_float=9.0,
    )
    path = graph(
        [encoder, helper.make_node("Sigmoid", ["code"], ["p"])],
        [("X", "string", [None, 1])],
        [("p", "float", [None, 1])],
    )
    frame = pd.DataFrame({"a": pd.Series(["no", None, "yes"], dtype=object)})
    beliefs, _, _ = answered(path, frame)
    np.testing.assert_allclose(beliefs[:, 1], [0.268941, 0.5, 0.731059], atol=1e-6)


@pytest.mark.parametrize("widths", [[1, 1, 1, 1], [2, 2], [3, 1]])
def test_several_inputs_consume_the_features_in_order(
    graph: Builder, iris: pd.DataFrame, widths: list[int]
) -> None:
    """One input per column, or several tensors; only the former name the features."""
    names = [f"in{i}" for i in range(len(widths))]
    concat = helper.make_node("Concat", names, ["rows"], axis=1)
    path = graph(
        [concat, *dense("rows")],
        [(name, "float", [None, width]) for name, width in zip(names, widths, strict=True)],
        [P3],
        {"W": WEIGHTS},
    )
    beliefs, _, model = answered(path, iris)
    np.testing.assert_allclose(beliefs, expected(iris), atol=1e-6)
    assert model.info.feature_names == (tuple(names) if len(widths) == 4 else None)
    assert [each.width for each in model.info.inputs] == widths


def image(batch: Any) -> tuple[list[NodeProto], list[Any]]:
    """Nodes that flatten an image of 1 x 2 x 2, and its input."""
    return [helper.make_node("Flatten", ["X"], ["rows"], axis=1), *dense("rows")], [
        ("X", "float", [batch, 1, 2, 2])
    ]


@pytest.mark.parametrize("batch", [None, 1, 32])
def test_images_and_fixed_batches(graph: Builder, iris: pd.DataFrame, batch: int | None) -> None:
    """Flat columns fill an image, one by one, by 32 with a rest, or all at once."""
    nodes, inputs = image(batch)
    path = graph(nodes, inputs, [("p", "float", [batch, 3])], {"W": WEIGHTS})
    beliefs, _, _ = answered(path, iris)
    np.testing.assert_allclose(beliefs, expected(iris), atol=1e-6)


def labelled(labels: list[Any], maps: bool) -> list[NodeProto]:
    """Nodes of a net with a label output, and a ZipMap where `maps`."""
    key = "classlabels_strings" if isinstance(labels[0], str) else "classlabels_int64s"
    zipmap = helper.make_node("ZipMap", ["p"], ["maps"], domain=ML, **{key: labels})
    pick = helper.make_node("ArrayFeatureExtractor", ["classes", "index"], ["raw"], domain=ML)
    flat = helper.make_node("Reshape", ["raw", "flat"], ["label"])
    return [*dense(), ARGMAX, pick, flat, *([zipmap] if maps else [])]


@pytest.mark.parametrize("labels", [["z", "a", "m"], [7, 3, 5]])
def test_labels_keep_the_order_of_the_scores(
    graph: Builder, iris: pd.DataFrame, labels: list[Any]
) -> None:
    """Classes that are not sorted stay with their own scores, in tensors and in ZipMaps."""
    text = isinstance(labels[0], str)
    classes = np.array([x.encode() for x in labels], object) if text else np.array(labels)
    constants = {"W": WEIGHTS, "classes": classes, "flat": np.array([-1])}
    label = ("label", "string" if text else "int64", [None])
    path = graph(labelled(labels, False), [X4], [label, P3], constants)
    beliefs, interpretation, model = answered(path, iris)
    assert interpretation.classes == tuple(labels)
    assert not model.info.numbered
    np.testing.assert_allclose(beliefs, expected(iris), atol=1e-6)

    maps = helper.make_tensor_value_info("maps", TensorProto.FLOAT, None)
    maps.type.sequence_type.elem_type.map_type.key_type = (
        TensorProto.STRING if text else TensorProto.INT64
    )
    value = maps.type.sequence_type.elem_type.map_type.value_type
    value.tensor_type.elem_type = TensorProto.FLOAT
    value.tensor_type.shape.SetInParent()
    mapped = with_output(graph(labelled(labels, True), [X4], [label], constants), maps)
    beliefs, interpretation, model = answered(mapped, iris)
    assert interpretation.classes == tuple(labels)
    assert "ZipMap" in model.info.classes_source
    np.testing.assert_allclose(beliefs, expected(iris), atol=1e-6)


def with_output(path: Path, output: Any) -> Path:
    """The model in `path` with one more output."""
    import onnx

    model = onnx.load(path)
    model.graph.output.append(output)
    onnx.save(model, path)
    return path


def test_one_output_per_class(graph: Builder, iris: pd.DataFrame) -> None:
    """Three outputs of one column are three classes."""
    split = helper.make_node("Split", ["p"], ["p0", "p1", "p2"], axis=1, num_outputs=3)
    outputs = [(f"p{i}", "float", [None, 1]) for i in range(3)]
    beliefs, interpretation, _ = answered(
        graph([*dense(), split], [X4], outputs, {"W": WEIGHTS}), iris
    )
    np.testing.assert_allclose(beliefs, expected(iris), atol=1e-6)
    assert interpretation.words == "3 outputs, probabilities"


@pytest.mark.parametrize("shape", [[None, 1], [None]])
def test_one_sigmoid_column(graph: Builder, iris: pd.DataFrame, shape: list[Any]) -> None:
    """A column of probabilities is the second class's, whether it is flat or not."""
    nodes = [
        helper.make_node("MatMul", ["X", "w"], ["s"]),
        helper.make_node("Sigmoid", ["s"], ["column"]),
        helper.make_node("Reshape", ["column", "shape"], ["p"]),
    ]
    weights = WEIGHTS[:, :1]
    constants = {"w": weights, "shape": np.array([-1, 1][: len(shape)])}
    beliefs, interpretation, model = answered(
        graph(nodes, [X4], [("p", "float", shape)], constants), iris
    )
    want = 1 / (1 + np.exp(-iris.to_numpy() @ weights))
    np.testing.assert_allclose(beliefs[:, 1:], want, atol=1e-6)
    assert interpretation.classes == (0, 1)
    assert model.info.numbered


def test_logits_are_refused_and_softmax_is_the_way_out(graph: Builder, iris: pd.DataFrame) -> None:
    """What a net says before its softmax is not taken for probabilities."""
    path = graph(dense()[:1], [X4], [("scores", "float", [None, 3])], {"W": WEIGHTS})
    with pytest.raises(TeacherError, match=r"not probabilities.*softmax"):
        answered(path, iris)
    beliefs, interpretation, _ = answered(path, iris, activation="softmax")
    np.testing.assert_allclose(beliefs, expected(iris), atol=1e-6)
    assert interpretation.words == "output 'scores', softmax"


def test_an_open_width_is_settled_by_the_table(
    graph: Builder, iris: pd.DataFrame, teacher: Loader
) -> None:
    """A model of any number of columns takes the table's, and says so afterwards."""
    loaded = teacher(graph(dense(), [("X", "float", [None, None])], [P3], {"W": WEIGHTS}))
    assert isinstance(loaded, SubprocessTeacher)
    assert loaded.n_features is None
    assert loaded.inputs[0].width == 0
    np.testing.assert_allclose(loaded.beliefs(iris), expected(iris), atol=1e-6)
    assert loaded.inputs[0].width == 4
