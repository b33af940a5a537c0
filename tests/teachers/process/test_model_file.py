"""What is known of a model before a row is seen."""

from __future__ import annotations

import hashlib
import pickle
from pathlib import Path

import numpy as np
import onnx
import pytest
from sklearn.linear_model import LogisticRegression

from crembo_cli.errors import TeacherError
from tests.teachers.conftest import WEIGHTS, Builder, Loader, dense

pytestmark = pytest.mark.started


def net(graph: Builder) -> Path:
    """A small net, with a line about itself."""
    path = graph(dense(), [("X", "float", ["n", 4])], [("p", "float", ["n", 3])], {"W": WEIGHTS})
    model = onnx.load(path)
    model.producer_name, model.producer_version = "someone", "1.2"
    onnx.helper.set_model_props(model, {"note": "made by hand"})
    onnx.save(model, path)
    return path


def test_an_onnx_model_is_described(graph: Builder, teacher: Loader) -> None:
    """Inputs, outputs, producer, metadata and size, without a table."""
    path = net(graph)
    loaded = teacher(path)
    assert (loaded.name, loaded.format) == ("model.onnx", "onnx")
    assert loaded.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert loaded.bytes == path.stat().st_size
    assert loaded.producer == "someone 1.2"
    assert loaded.metadata == {"note": "made by hand"}
    assert loaded.feature_names is None
    assert loaded.n_features == 4
    (one,) = loaded.inputs
    assert (one.name, one.type, one.shape, one.width) == ("X", "float", ("n", 4), 4)
    (output,) = loaded.outputs
    assert (output.name, output.type, output.shape) == ("p", "tensor(float)", ("n", 3))
    assert loaded.classes == ()
    assert loaded.numbered
    assert "numbered" in loaded.classes_source
    assert loaded.output_format == "not known before the first table"
    assert loaded.warnings == ()
    assert loaded.answers_new_rows
    assert loaded.rows is None


def test_weights_beside_a_model_belong_to_it(graph: Builder, teacher: Loader) -> None:
    """Size and digest are of the model and of its weights, wherever they lie."""
    path = net(graph)
    model = onnx.load(path)
    onnx.external_data_helper.set_external_data(model.graph.initializer[0], "weights.bin")
    onnx.save(model, path)
    weights = path.parent / "weights.bin"
    loaded = teacher(path)
    both = path.read_bytes() + weights.read_bytes()
    assert loaded.bytes == len(both)
    assert loaded.sha256 == hashlib.sha256(both).hexdigest()


def test_a_pickle_is_described(tmp_path: Path, teacher: Loader) -> None:
    """Producer, classes and features of an estimator."""
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps(LogisticRegression().fit(np.eye(4), ["a", "b", "a", "b"])))
    loaded = teacher(path)
    assert loaded.producer.startswith("LogisticRegression of sklearn 1.")
    assert loaded.classes == ("a", "b")
    assert loaded.classes_source == "the estimator's classes_"
    assert (loaded.n_features, loaded.feature_names) == (4, None)
    assert (loaded.inputs, loaded.outputs, loaded.metadata) == ((), (), {})
    assert not loaded.numbered


def test_an_error_in_a_file_is_raised_each_time(tmp_path: Path, teacher: Loader) -> None:
    """The first attribute raises what is wrong; so do all the others, without waiting again."""
    path = tmp_path / "model.onnx"
    path.write_bytes(b"no model")
    loaded = teacher(path)
    assert loaded.name == "model.onnx"
    for attribute in ("classes", "inputs", "sha256", "warnings"):
        with pytest.raises(TeacherError, match=r"^model\.onnx: not an ONNX model"):
            getattr(loaded, attribute)
