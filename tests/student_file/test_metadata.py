"""The metadata of a student's file: written, filled in after the choice, and read."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import onnx
import pytest

from crembo_cli.errors import StudentError
from crembo_cli.student_file.keys import parse_metadata
from crembo_cli.student_file.metadata import (
    candidate_metadata,
    with_test_results,
)
from crembo_cli.student_file.read import read_student_metadata
from crembo_cli.students.contract import Feature
from tests import small_teachers
from tests.explanations.edge_rows import make_case
from tests.testing.cut import Cut, CutFamily

SMALLEST = {"accuracy": None, "insensitive_depth": {"0.01": 1.0}}
DIGITS = 1.2345678901234567e-05  # the longest that a share gets
LONGEST = {
    "accuracy": DIGITS,
    "balanced_accuracy": DIGITS,
    "fidelity": DIGITS,
    "depth": DIGITS,
    "insensitive_depth": {"0.01": DIGITS, "0.05": DIGITS, "0.1": DIGITS},
    "mean_belief": DIGITS,
    "log_loss": DIGITS,
    "kl": DIGITS,
    "brier": DIGITS,
    "roc_auc": DIGITS,
    "average_precision": DIGITS,
    "calibration_error": DIGITS,
}


def labelled(rows: int, sha256: str) -> Any:
    """What the metadata take of a table."""
    return SimpleNamespace(
        rows=np.zeros((rows, 1)),
        table=SimpleNamespace(sha256=sha256),
        encoding=SimpleNamespace(features=(Feature(name="ä"),)),
        shape=None,
    )


def candidate() -> dict[str, str]:
    """The metadata of a small student."""
    return candidate_metadata(
        CutFamily(),
        Cut(2.0, np.eye(2, dtype=np.float32)),
        SimpleNamespace(classes=("a", 1), sha256="t" * 64),  # type: ignore[arg-type]
        labelled(5, "d" * 64),
        search={"seed": 3},
        threshold=None,
        units=[0.5],
        version="1.2",
    )


def test_test_results_do_not_change_the_size_of_the_metadata() -> None:
    """Whatever the test rows are, every value is as long as the blank that it replaces."""
    before = candidate()
    for rows, metrics in ((1, SMALLEST), (9_999_999_999, LONGEST)):
        after = with_test_results(before, "e" * 64, rows, metrics)
        assert {key: len(text) for key, text in after.items()} == {
            key: len(text) for key, text in before.items()
        }
        assert parse_metadata(after)["metrics"] == metrics
        assert parse_metadata(after)["test_rows"] == rows


def test_a_candidate_records_its_origin() -> None:
    """Text stays text, everything else is JSON, and of the test rows there are blanks alone."""
    metadata = candidate()
    assert metadata["crembo.version"] == "1.2"
    assert json.loads(metadata["crembo.classes"]) == ["a", 1]
    assert json.loads(metadata["crembo.search"]) == {"seed": 3}
    assert "ä" in metadata["crembo.features"]
    blank = {key for key, text in metadata.items() if not text.strip()}
    assert blank == {"crembo.test_data.sha256", "crembo.test_rows", "crembo.metrics"}


def with_metadata(path: Path, **changed: str) -> Path:
    """The model with other metadata."""
    model = onnx.load(path)
    before = {each.key: each.value for each in model.metadata_props}
    onnx.helper.set_model_props(model, before | {f"crembo.{k}": v for k, v in changed.items()})
    onnx.save(model, path)
    return path


def test_metadata_are_read_with_the_student(tmp_path: Path) -> None:
    """Names and units come from the metadata; of a family that is not installed, they alone."""
    path = make_case(tmp_path, "tree", depth=1).path
    changed = {"units": "[0.5, 2, 0, 0]", "options": '{"max_depth": 1}', "size": '{"leaves": 2}'}
    own = read_student_metadata(with_metadata(path, **changed))
    assert own is not None
    assert (own.family, own.units, own.options) == ("tree", (0.5, 2.0, 0, 0), {"max_depth": 1})
    assert own.size == {"leaves": 2}
    assert own.internals is not None
    other = read_student_metadata(with_metadata(path, family="gone"))
    assert other is not None
    assert (other.family, other.internals, other.features) == ("gone", None, own.features)


def test_a_model_of_another_producer_has_no_metadata(tmp_path: Path) -> None:
    """It is read as none of ours, without an error."""
    assert read_student_metadata(small_teachers.teacher(tmp_path / "teacher.onnx")) is None


@pytest.mark.parametrize(
    "changed", [{"features": "{"}, {"units": "3"}, {"features": "[1]"}, {"size": "[1]"}]
)
def test_damaged_metadata_are_reported_in_one_line(tmp_path: Path, changed: dict[str, str]) -> None:
    """A StudentError names the file."""
    path = with_metadata(make_case(tmp_path, "tree", depth=1).path, **changed)
    with pytest.raises(StudentError, match=r"invalid (metadata of a )?student") as raised:
        read_student_metadata(path)
    assert "\n" not in str(raised.value)
