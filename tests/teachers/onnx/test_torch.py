"""Nets that torch exported, old way and new, against torch itself."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.teachers.conftest import Loader

torch = pytest.importorskip("torch")
nn = torch.nn

# Both exporters warn of their own deprecations, which are no concern of the teachers.
pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("ignore")]


def image_net() -> Any:
    """A convolution over an image of 1 x 2 x 2, three classes."""
    return nn.Sequential(
        nn.Conv2d(1, 3, 2), nn.Flatten(), nn.Linear(3, 3), nn.Softmax(dim=1)
    ).eval()


def exported(net: Any, rows: Any, path: Path, *, new: bool, batch: int | None) -> Path:
    """The net as ONNX, for any number of rows or for `batch`."""
    sample = rows[: batch or 2]
    options: dict[str, Any] = {"input_names": ["x"], "output_names": ["y"]}
    if new:
        pytest.importorskip("onnxscript")
        options |= {"dynamo": True, "external_data": True}
        if batch is None:
            options["dynamic_shapes"] = ({0: torch.export.Dim("batch")},)
    else:
        options["dynamo"] = False
        if batch is None:
            options["dynamic_axes"] = {"x": {0: "batch"}, "y": {0: "batch"}}
    with contextlib.redirect_stdout(io.StringIO()):
        torch.onnx.export(net, (sample,), str(path), **options)
    return path


@pytest.mark.parametrize(
    ("new", "batch"), [(False, None), (False, 1), (False, 32), (True, None), (True, 32)]
)
def test_an_image_net_is_fed_from_flat_columns(
    new: bool, batch: int | None, tmp_path: Path, teacher: Loader, iris: pd.DataFrame
) -> None:
    """Old and new exporter, open and fixed batches, weights in the file and beside it."""
    torch.manual_seed(0)
    net = image_net()
    rows = torch.tensor(iris.to_numpy()).reshape(-1, 1, 2, 2)
    path = exported(net, rows, tmp_path / "net.onnx", new=new, batch=batch)
    assert (tmp_path / "net.onnx.data").exists() == new
    loaded = teacher(path)
    with torch.no_grad():
        np.testing.assert_allclose(loaded.beliefs(iris), net(rows).numpy(), atol=1e-5)
    assert loaded.n_features == 4
    assert loaded.inputs[0].shape[1:] == (1, 2, 2)
    assert loaded.classes == (0, 1, 2)
    assert loaded.numbered


def test_logits_and_one_column(tmp_path: Path, teacher: Loader, iris: pd.DataFrame) -> None:
    """Logits through softmax, and a sigmoid squeezed to one number a row."""
    torch.manual_seed(0)
    rows = torch.tensor(iris.to_numpy())
    logits = nn.Linear(4, 3).eval()
    path = exported(logits, rows, tmp_path / "logits.onnx", new=False, batch=None)
    with torch.no_grad():
        wanted = torch.softmax(logits(rows), dim=1).numpy()
    np.testing.assert_allclose(teacher(path, activation="softmax").beliefs(iris), wanted, atol=1e-5)
    column = nn.Sequential(nn.Linear(4, 1), nn.Sigmoid(), nn.Flatten(0)).eval()
    path = exported(column, rows, tmp_path / "column.onnx", new=False, batch=None)
    with torch.no_grad():
        second = column(rows).numpy()
    np.testing.assert_allclose(teacher(path).beliefs(iris)[:, 1], second, atol=1e-5)
