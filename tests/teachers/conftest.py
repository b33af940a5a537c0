"""Small tables, small ONNX graphs, and teachers that are closed after their test."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pandas as pd
import pytest
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, helper, numpy_helper
from sklearn.datasets import load_iris

from crembo_cli.teachers.contract import Teacher
from crembo_cli.teachers.load import load_teacher

Loader = Callable[..., Teacher]
Builder = Callable[..., Path]

COLUMNS = ["sl", "sw", "pl", "pw"]
ELEMENTS = {
    "float": TensorProto.FLOAT,
    "double": TensorProto.DOUBLE,
    "float16": TensorProto.FLOAT16,
    "int64": TensorProto.INT64,
    "int32": TensorProto.INT32,
    "uint8": TensorProto.UINT8,
    "bool": TensorProto.BOOL,
    "string": TensorProto.STRING,
}


@pytest.fixture(scope="session")
def iris() -> pd.DataFrame:
    """Sixty of the iris flowers, float32, twenty of each kind."""
    rows = load_iris().data[np.arange(150) % 50 < 20]
    return pd.DataFrame(rows.astype(np.float32), columns=COLUMNS)


@pytest.fixture(scope="session")
def kinds() -> NDArray[np.int64]:
    """Their kinds, 0, 1 and 2."""
    return np.repeat(np.arange(3), 20)


@pytest.fixture
def teacher() -> Iterator[Loader]:
    """`load_teacher`, each of whose teachers is closed in the end."""
    loaded: list[Teacher] = []

    def load(path: Path, **options: Any) -> Teacher:
        loaded.append(load_teacher(path, **options))
        return loaded[-1]

    yield load
    for each in loaded:
        each.close()


@pytest.fixture
def graph(tmp_path: Path) -> Builder:
    """Writes an ONNX model of some nodes; inputs and outputs are (name, element type, shape)."""

    def build(
        nodes: Sequence[NodeProto],
        inputs: Sequence[tuple[str, str, Sequence[Any]]],
        outputs: Sequence[tuple[str, str, Sequence[Any]]],
        constants: dict[str, NDArray[Any]] | None = None,
        name: str = "model.onnx",
    ) -> Path:
        infos = [
            [helper.make_tensor_value_info(n, ELEMENTS[t], list(shape)) for n, t, shape in side]
            for side in (inputs, outputs)
        ]
        tensors = [numpy_helper.from_array(v, n) for n, v in (constants or {}).items()]
        model = helper.make_model(
            helper.make_graph(list(nodes), "graph", infos[0], infos[1], tensors),
            opset_imports=[helper.make_opsetid("", 18), helper.make_opsetid("ai.onnx.ml", 3)],
            ir_version=8,
        )
        path = tmp_path / name
        onnx.save(model, path)
        return path

    return build


WEIGHTS = np.array(
    [[0.5, -0.2, 0.1], [0.313, 0.927, -0.5], [-0.7, 0.2, 0.4], [-0.6, 0.1, 0.8]], dtype=np.float32
)


def softmax(scores: NDArray[Any]) -> NDArray[Any]:
    """Row by row."""
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    return shares / shares.sum(axis=1, keepdims=True)


def dense(rows: str = "X", scores: str = "scores", probabilities: str = "p") -> list[NodeProto]:
    """Nodes of a net of one layer: rows (n, 4) -> scores (n, 3) -> probabilities; needs "W"."""
    return [
        helper.make_node("MatMul", [rows, "W"], [scores]),
        helper.make_node("Softmax", [scores], [probabilities], axis=1),
    ]
