"""Small teachers in ONNX with their tables, made in a moment."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pandas as pd
from onnx import NodeProto, TensorProto, helper, numpy_helper

ROWS, FEATURES, CLASSES = 60, 4, 3
COLOURS = ("red", "green", "blue")


def table(rows: int = ROWS, features: int = FEATURES, whole: bool = False) -> pd.DataFrame:
    """Columns a, b, c, ... of numbers (whole ones: 0 to 9) and the class that is true, `target`."""
    rng = np.random.default_rng(7)
    cells = rng.integers(0, 10, (rows, features)) if whole else rng.normal(4.5, 3, (rows, features))
    frame = pd.DataFrame(cells, columns=[chr(97 + j) for j in range(features)])
    frame["target"] = np.argmax(scores(frame.to_numpy(np.float32)), axis=1)
    return frame


def scores(cells: np.ndarray) -> np.ndarray:
    """What the teachers below make of numbers (n, p) before the softmax: (n, CLASSES)."""
    return (cells - 4.5) @ weights(cells.shape[1])


def weights(features: int) -> np.ndarray:
    """The weights (features, CLASSES) of the teachers below."""
    return np.random.default_rng(3).normal(0, 1, (features, CLASSES)).astype(np.float32)


def teacher(
    path: Path,
    inputs: Sequence[tuple[str, str, Sequence[Any]]] = (("X", "FLOAT", (None, FEATURES)),),
    labels: Sequence[int] | Sequence[str] | None = None,
    *,
    holes: bool = False,
) -> Path:
    """Write a softmax of weighted sums of all inputs, one feature after the other.

    Each of `inputs` is a name, an element type and a shape. A text counts as its place among
    COLOURS. `labels` are the classes as the output `label` says them; None: there is no such
    output, and probabilities alone. With `holes`, a missing number counts as the middle.
    """
    nodes: list[NodeProto] = []
    constants = [numpy_helper.from_array(np.array(4.5, np.float32), "middle")]
    flat: list[str] = []
    for name, type_, shape in inputs:
        width = prod(shape[1:])
        constants.append(numpy_helper.from_array(np.array([-1, width]), f"{name}.shape"))
        number = name
        if type_ == "STRING":
            number = f"{name}.number"
            nodes.append(
                helper.make_node(
                    "LabelEncoder",
                    [name],
                    [number],
                    domain="ai.onnx.ml",
                    keys_strings=list(COLOURS),
                    values_floats=[0.0, 4.0, 9.0],
                    default_float=4.5,
                )
            )
        nodes.append(helper.make_node("Cast", [number], [f"{name}.float"], to=TensorProto.FLOAT))
        nodes.append(helper.make_node("Reshape", [f"{name}.float", f"{name}.shape"], [f"{name}.2"]))
        flat.append(f"{name}.2")
    features = sum(prod(shape[1:]) for _, _, shape in inputs)
    constants.append(numpy_helper.from_array(weights(features), "weights"))
    if holes:
        nodes += [
            helper.make_node("Concat", flat, ["cells"], axis=1),
            helper.make_node("IsNaN", ["cells"], ["absent"]),
            helper.make_node("Where", ["absent", "middle", "cells"], ["all"]),
        ]
    else:
        nodes.append(helper.make_node("Concat", flat, ["all"], axis=1))
    nodes += [
        helper.make_node("Sub", ["all", "middle"], ["centred"]),
        helper.make_node("MatMul", ["centred", "weights"], ["scores"]),
        helper.make_node("Softmax", ["scores"], ["beliefs"], axis=1),
    ]
    outputs = [helper.make_tensor_value_info("beliefs", TensorProto.FLOAT, [None, CLASSES])]
    if labels is not None:
        kept = np.array(labels, object if isinstance(labels[0], str) else np.int64)
        constants.append(numpy_helper.from_array(kept, "classes"))
        nodes += [
            helper.make_node("ArgMax", ["scores"], ["index"], axis=1, keepdims=0),
            helper.make_node(
                "ArrayFeatureExtractor", ["classes", "index"], ["predicted"], domain="ai.onnx.ml"
            ),
        ]
        type_ = TensorProto.STRING if isinstance(labels[0], str) else TensorProto.INT64
        outputs.insert(0, helper.make_tensor_value_info("predicted", type_, None))
    graph = helper.make_graph(
        nodes,
        "made",
        [
            helper.make_tensor_value_info(name, TensorProto.DataType.Value(type_), list(shape))
            for name, type_, shape in inputs
        ],
        outputs,
        constants,
    )
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("ai.onnx.ml", 3)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), path)
    return path
