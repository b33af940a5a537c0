"""ONNX files parsed and opened."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from crembo_cli.errors import TeacherError
from crembo_cli.teachers.onnx.file import external_files, open_session, read_model
from tests.teachers.conftest import WEIGHTS, Builder, dense

INPUT = ("X", "float", [None, 4])
OUTPUT = ("p", "float", [None, 3])


@pytest.mark.parametrize("content", [b"", b"hello, this is text", b"\x80\x04K\x01."])
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    """Empty files, text and pickles are no ONNX models, whatever they are called."""
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    with pytest.raises(TeacherError, match="not an ONNX model"):
        read_model(path)


def test_an_incomplete_model_is_refused(graph: Builder) -> None:
    """A download that broke off is told from a file of another kind."""
    path = graph(dense(), [INPUT], [OUTPUT], {"W": WEIGHTS})
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(TeacherError, match="the file may be incomplete"):
        read_model(path)


def test_the_message_of_onnxruntime_is_reported(graph: Builder) -> None:
    """An operator that onnxruntime does not know is named in its words."""
    node = helper.make_node("Imaginary", ["X"], ["p"])
    path = graph([node], [INPUT], [OUTPUT])
    with pytest.raises(TeacherError, match=r"cannot open the model.*Imaginary"):
        open_session(str(path))


def external(path: Path, location: str) -> None:
    """Moves the weights of a model out of it, into `location`."""
    model = onnx.load(path)
    (weights,) = model.graph.initializer
    onnx.external_data_helper.set_external_data(weights, location)
    onnx.save(model, path)


def test_weights_beside_the_model_are_found(graph: Builder) -> None:
    """A model whose weights lie in its folder opens from there, and says so."""
    path = graph(dense(), [INPUT], [OUTPUT], {"W": WEIGHTS})
    external(path, "model.onnx.data")
    assert (path.parent / "model.onnx.data").stat().st_size == WEIGHTS.nbytes
    assert external_files(read_model(path), path.parent) == ("model.onnx.data",)
    session = open_session(str(path))
    (shares,) = session.run(["p"], {"X": np.eye(4, dtype=np.float32)})
    assert shares.shape == (4, 3)


@pytest.mark.parametrize("used", [True, False])
@pytest.mark.parametrize("location", ["../weights.bin", "absolute", "link.bin", "missing.bin"])
def test_weights_elsewhere_are_refused(
    graph: Builder, tmp_path: Path, location: str, used: bool
) -> None:
    """A model may not read files elsewhere on the machine, not even weights that it never uses,
    which onnxruntime lets pass; nor do without its weights.
    """
    path = graph(dense(), [INPUT], [OUTPUT], {"W": WEIGHTS})
    external(path, "weights.bin")
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "link.bin").symlink_to(tmp_path / "weights.bin")
    model = onnx.load(path, load_external_data=False)
    (weights,) = model.graph.initializer
    if not used:
        other = model.graph.initializer.add()
        other.CopyFrom(numpy_helper.from_array(WEIGHTS, "W"))
        weights.name = "unused"
    absolute = str(tmp_path / "weights.bin")
    weights.external_data[0].value = absolute if location == "absolute" else location
    inner = tmp_path / "inner" / "model.onnx"
    inner.write_bytes(model.SerializeToString())
    with pytest.raises(TeacherError, match="are missing, or outside its folder"):
        external_files(read_model(inner), inner.parent)
