"""ONNX models whose answers cannot be beliefs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from onnx import TensorProto, helper

from crembo_cli.errors import TeacherError
from crembo_cli.teachers.onnx.model import OnnxModel
from tests.teachers.conftest import WEIGHTS, Builder, dense
from tests.teachers.onnx.test_model import ARGMAX, ML, P3, X4, answered, expected


def test_labels_alone_need_hard_labels(graph: Builder, iris: pd.DataFrame) -> None:
    """A model that answers with an index alone is refused, and read with --hard-labels."""
    path = graph([*dense(), ARGMAX], [X4], [("index", "int64", [None])], {"W": WEIGHTS})
    with pytest.raises(TeacherError, match=r"no output of probabilities.*--hard-labels"):
        answered(path, iris)
    beliefs, _, _ = answered(path, iris, hard=True)
    assert beliefs.argmax(axis=1).tolist() == expected(iris).argmax(axis=1).tolist()
    assert set(np.unique(beliefs)) == {0, 1}


def test_several_labels_a_row_are_refused(graph: Builder, iris: pd.DataFrame) -> None:
    """A model of several labels a row has no belief in one class."""
    cast = helper.make_node("Cast", ["p"], ["labels"], to=TensorProto.INT64)
    outputs = [("labels", "int64", [None, 3]), P3]
    path = graph([*dense(), cast], [X4], outputs, {"W": WEIGHTS})
    with pytest.raises(TeacherError, match="output 'labels': several labels per row"):
        answered(path, iris)


def test_scores_of_another_shape_are_refused(graph: Builder, iris: pd.DataFrame) -> None:
    """Scores by pixel, or one for the whole table, are no scores by row."""
    wide = helper.make_node("Unsqueeze", ["p", "axes"], ["w"])
    twice = helper.make_node("Concat", ["w", "w"], ["out"], axis=2)
    constants = {"W": WEIGHTS, "axes": np.array([2])}
    path = graph([*dense(), wide, twice], [X4], [("out", "float", [None, 3, 2])], constants)
    with pytest.raises(TeacherError, match=r"shape \(60, 3, 2\) for 60 rows"):
        answered(path, iris)
    mean = helper.make_node("ReduceMean", ["p"], ["out"], keepdims=1)
    path = graph([*dense(), mean], [X4], [("out", "float", [1, 1])], {"W": WEIGHTS})
    with pytest.raises(TeacherError, match=r"shape \(1, 1\) for 60 rows"):
        answered(path, iris)


def test_text_labels_that_cannot_be_traced_are_refused(graph: Builder) -> None:
    """Whose score is whose is not guessed from the labels' order."""
    where = [
        helper.make_node("ReduceMax", ["p"], ["m"], keepdims=0),
        helper.make_node("Cast", ["m"], ["label"], to=TensorProto.STRING),
    ]
    path = graph([*dense(), *where], [X4], [("label", "string", []), P3], {"W": WEIGHTS})
    with pytest.raises(TeacherError, match="output 'label' are unknown"):
        OnnxModel(str(path), threads=1, hard_labels=False)


def test_a_label_outside_the_traced_classes_is_refused(graph: Builder, iris: pd.DataFrame) -> None:
    """A LabelEncoder with a default may answer with what it does not list."""
    encoder = helper.make_node(
        "LabelEncoder",
        ["index"],
        ["label"],
        domain=ML,
        keys_int64s=[0, 1],
        values_int64s=[5, 6],
        default_int64=-1,
    )
    outputs = [("label", "int64", [None]), P3]
    path = graph([*dense(), ARGMAX, encoder], [X4], outputs, {"W": WEIGHTS})
    with pytest.raises(TeacherError, match="predicts an unknown label"):
        answered(path, iris)
