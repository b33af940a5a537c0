"""Tests of crembo_cli.teachers.load."""

from __future__ import annotations

import gzip
import pickle
from pathlib import Path
from typing import Any

import pytest
from sklearn.linear_model import LogisticRegression

from crembo_cli.errors import TeacherError, UsageError
from crembo_cli.teachers.load import load_teacher
from tests.teachers.conftest import Loader


@pytest.mark.parametrize("name", ["none.onnx", "none.pkl", "none.csv", "none"])
def test_no_such_file(tmp_path: Path, name: str) -> None:
    """A path that leads nowhere is told before anything starts."""
    with pytest.raises(TeacherError, match=rf"{name}: no such file; wanted a saved classifier"):
        load_teacher(tmp_path / name)


@pytest.mark.parametrize("name", ["model.h5", "model", "model.pt", "model.onnx.data"])
def test_an_unknown_extension_lists_the_known_ones(tmp_path: Path, name: str) -> None:
    """What is not read is told with what is."""
    path = tmp_path / name
    path.write_bytes(b"x")
    with pytest.raises(TeacherError, match=r"wanted one of \.onnx, .*\.joblib, \.sav, \.skops"):
        load_teacher(path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"activation": "relu"},
            "invalid --activation; found relu; wanted auto or none or softmax",
        ),
        ({"timeout": 0.0}, "invalid --teacher-timeout; found 0; wanted above 0"),
        ({"timeout": float("nan")}, "invalid --teacher-timeout"),
        ({"threads": 0}, "invalid --jobs; found 0"),
    ],
)
def test_options_out_of_range_are_refused(
    tmp_path: Path, options: dict[str, Any], message: str
) -> None:
    """An option that means nothing is a mistake of use."""
    path = tmp_path / "model.onnx"
    path.write_bytes(b"x")
    with pytest.raises(UsageError, match=message):
        load_teacher(path, **options)


@pytest.mark.parametrize("name", ["model.pkl", "model.skops", "beliefs.csv"])
def test_an_activation_applies_to_onnx_only(tmp_path: Path, name: str) -> None:
    """An option that would have no effect is refused, not ignored."""
    path = tmp_path / name
    path.write_bytes(b"x")
    with pytest.raises(UsageError, match="--activation applies to ONNX models only"):
        load_teacher(path, activation="softmax")


@pytest.mark.parametrize("name", ["model.sav", "model.pkl.gz", "model.joblib.gz"])
def test_a_pickle_may_have_other_extensions(tmp_path: Path, teacher: Loader, name: str) -> None:
    """The content tells the compression."""
    model = LogisticRegression().fit([[0.0], [1.0]], [0, 1])
    content = pickle.dumps(model)
    (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    assert teacher(tmp_path / name).classes == (0, 1)
