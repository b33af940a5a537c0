"""Class labels traced through a graph."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from onnx import GraphProto, NodeProto, TensorProto, helper, numpy_helper

from crembo_cli.teachers.onnx.classes import find_operator, trace_labels, zipmap_labels

ML = "ai.onnx.ml"
ARGMAX = helper.make_node("ArgMax", ["p"], ["index"], axis=1, keepdims=0)


def graph(*nodes: NodeProto, **constants: NDArray[Any]) -> GraphProto:
    """A graph of nodes and initializers; nothing of it is run here."""
    tensors = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    return helper.make_graph(list(nodes), "graph", [], [], tensors)


@pytest.mark.parametrize(
    ("operator", "attributes", "labels", "key"),
    [
        ("TreeEnsembleClassifier", {"classlabels_int64s": [3, 5]}, (3, 5), "classlabels_int64s"),
        ("TreeEnsembleClassifier", {"classlabels_strings": ["a", "b"]}, ("a", "b"), "strings"),
        ("LinearClassifier", {"classlabels_ints": [0, 7]}, (0, 7), "classlabels_ints"),
        ("SVMClassifier", {"classlabels_strings": ["x", "y"]}, ("x", "y"), "classlabels_strings"),
    ],
)
def test_a_classifier_names_its_classes(
    operator: str, attributes: dict[str, Any], labels: tuple[Any, ...], key: str
) -> None:
    """The operators that classify hold the labels as attributes."""
    node = helper.make_node(operator, ["X"], ["label", "scores"], domain=ML, **attributes)
    traced = trace_labels(graph(node), "label")
    assert traced is not None
    assert traced[0] == labels
    assert operator in traced[1]
    assert key in traced[1]


@pytest.mark.parametrize("operator", ["ArrayFeatureExtractor", "Gather"])
def test_labels_may_be_picked_from_a_table(operator: str) -> None:
    """An initializer that an index picks from, reshaped on the way, is the classes."""
    domain = ML if operator == "ArrayFeatureExtractor" else ""
    found = graph(
        ARGMAX,
        helper.make_node(operator, ["classes", "index"], ["picked"], domain=domain),
        helper.make_node("Reshape", ["picked", "shape"], ["label"]),
        classes=np.array([b"cat", b"dog"], dtype=object),
        shape=np.array([-1]),
    )
    assert trace_labels(found, "label") == (("cat", "dog"), f"the {operator} node's table")


def test_the_table_may_be_a_constant_node() -> None:
    """Exporters that write no initializers write Constant nodes."""
    constant = helper.make_node(
        "Constant", [], ["classes"], value=numpy_helper.from_array(np.array([4, 9]))
    )
    gather = helper.make_node("Gather", ["classes", "index"], ["label"])
    traced = trace_labels(graph(ARGMAX, constant, gather), "label")
    assert traced is not None
    assert traced[0] == (4, 9)


@pytest.mark.parametrize(
    ("to", "labels"),
    [
        (TensorProto.STRING, ("0", "1")),
        (TensorProto.BOOL, (False, True)),
        (TensorProto.INT64, (0, 1)),
        (TensorProto.FLOAT, (0.0, 1.0)),
    ],
)
def test_a_cast_changes_the_labels(to: int, labels: tuple[Any, ...]) -> None:
    """What is cast on the way to the output is cast here as well."""
    node = helper.make_node("Gather", ["classes", "index"], ["raw"])
    cast = helper.make_node("Cast", ["raw"], ["label"], to=to)
    traced = trace_labels(graph(ARGMAX, node, cast, classes=np.array([0, 1])), "label")
    assert traced is not None
    assert traced[0] == labels
    assert [type(label) for label in traced[0]] == [type(label) for label in labels]


def test_a_label_encoder_translates() -> None:
    """A LabelEncoder maps the labels before it, or names the indices itself."""
    encoder = helper.make_node(
        "LabelEncoder",
        ["raw"],
        ["label"],
        domain=ML,
        keys_int64s=[1, 0],
        values_strings=["yes", "no"],
    )
    before = helper.make_node(
        "TreeEnsembleClassifier", ["X"], ["raw", "p"], domain=ML, classlabels_int64s=[0, 1]
    )
    argmax = helper.make_node("ArgMax", ["p"], ["raw"], axis=1, keepdims=0)
    for maker in (before, argmax):
        traced = trace_labels(graph(maker, encoder), "label")
        assert traced is not None
        assert traced[0] == ("no", "yes")


def test_an_index_has_no_labels() -> None:
    """A label that is computed is an index, or unknown; it is not traced."""
    assert trace_labels(graph(ARGMAX), "index") is None
    assert trace_labels(graph(), "elsewhere") is None
    greater = helper.make_node("Greater", ["p", "half"], ["label"])
    assert trace_labels(graph(greater), "label") is None


def test_a_zipmap_lists_its_keys() -> None:
    """The keys of a ZipMap are classes in the order of its scores."""
    node = helper.make_node("ZipMap", ["p"], ["maps"], domain=ML, classlabels_strings=["z", "a"])
    assert zipmap_labels(graph(node), "maps") == (
        ("z", "a"),
        "the ZipMap node's classlabels_strings",
    )
    assert zipmap_labels(graph(node), "p") is None


def test_the_operator_behind_an_output_is_found_through_reshapes() -> None:
    """Reshapes and casts compute nothing."""
    node = helper.make_node("TreeEnsembleRegressor", ["X"], ["raw"], domain=ML)
    cast = helper.make_node("Cast", ["raw"], ["y"], to=TensorProto.DOUBLE)
    flat = helper.make_node("Flatten", ["y"], ["out"])
    assert find_operator(graph(node, cast, flat), "out") == "TreeEnsembleRegressor"
    assert find_operator(graph(), "X") == ""


def test_a_circle_ends() -> None:
    """A damaged graph whose nodes feed each other does not hang the tracing."""
    one = helper.make_node("Identity", ["b"], ["a"])
    other = helper.make_node("Identity", ["a"], ["b"])
    assert trace_labels(graph(one, other), "a") is None
    assert find_operator(graph(one, other), "a") == ""
