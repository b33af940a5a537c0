"""What a student of ours says of itself."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest

from crembo_cli.errors import StudentError
from crembo_cli.student_file.read import read_student_metadata
from tests import made
from tests.explain.cases import make_case


def with_metadata(path: Path, **told: str) -> Path:
    """The model with other metadata."""
    model = onnx.load(path)
    before = {each.key: each.value for each in model.metadata_props}
    onnx.helper.set_model_props(model, before | {f"crembo.{k}": v for k, v in told.items()})
    onnx.save(model, path)
    return path


def test_families_with_and_without_a_short_form(tmp_path: Path) -> None:
    """Names and units come from the metadata; insides where they can be read."""
    path = make_case(tmp_path, "tree", depth=1).path
    told = {"units": "[0.5, 2, 0, 0]", "options": '{"max_depth": 1}', "size": '{"leaves": 2}'}
    own = read_student_metadata(with_metadata(path, **told))
    assert own is not None
    assert (own.family, own.units, own.options) == ("tree", (0.5, 2.0, 0, 0), {"max_depth": 1})
    assert own.size == {"leaves": 2}
    assert own.internals is not None
    other = read_student_metadata(with_metadata(path, family="mlp"))
    assert other is not None
    assert (other.family, other.internals, other.features) == ("mlp", None, own.features)


def test_a_foreign_model_is_none_of_ours(tmp_path: Path) -> None:
    """It has no such metadata."""
    assert read_student_metadata(made.teacher(tmp_path / "teacher.onnx")) is None


@pytest.mark.parametrize(
    "told", [{"features": "{"}, {"units": "3"}, {"features": "[1]"}, {"size": "[1]"}]
)
def test_metadata_that_were_changed(tmp_path: Path, told: dict[str, str]) -> None:
    """One line says so."""
    path = with_metadata(make_case(tmp_path, "tree", depth=1).path, **told)
    with pytest.raises(StudentError, match=r"cannot be read|not as crembo writes"):
        read_student_metadata(path)
