"""`crembo inspect`: what a teacher or a student is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import onnx
import pytest

from crembo_cli.commands.app import run

SAMPLES = Path(__file__).parents[2] / "sample_models"


def inspected(path: Path, capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    """The facts of the model at `path`."""
    assert run(["inspect", str(path), "--json", *words]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_a_forest_in_onnx(capsys: pytest.CaptureFixture[str]) -> None:
    """Format, inputs, outputs, classes and where they were found, size."""
    path = SAMPLES / "breast_cancer_forest.onnx"
    found = inspected(path, capsys)
    assert found["format"] == "onnx"
    assert found["producer"].startswith("skl2onnx")
    assert found["bytes"] == path.stat().st_size
    assert [(each["name"], each["type"], each["shape"]) for each in found["inputs"]] == [
        ("X", "float", [None, 30])
    ]
    assert [each["name"] for each in found["outputs"]] == ["label", "probabilities"]
    assert found["classes"] == ["benign", "malignant"]
    assert "classlabels_strings" in found["classes_source"]
    assert found["provenance"] is None


def test_a_net_without_labels(capsys: pytest.CaptureFixture[str]) -> None:
    """What the file does not say is null: its classes are known by a table alone."""
    found = inspected(SAMPLES / "wine_mlp.onnx", capsys)
    assert found["classes"] is None
    assert found["classes_source"] is None


def test_a_pickle(capsys: pytest.CaptureFixture[str]) -> None:
    """An estimator tells its kind, its features' names and its classes."""
    found = inspected(SAMPLES / "iris_boosting.pkl", capsys)
    assert found["format"] == "pickle"
    assert "GradientBoostingClassifier" in found["producer"]
    assert found["feature_names"][0] == "sepal length (cm)"
    assert found["classes"] == ["setosa", "versicolor", "virginica"]
    assert found["inputs"] == []


def test_a_student_of_ours(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A student says where it comes from, in JSON and for a reader."""
    student = tmp_path / "student.onnx"
    data = [str(SAMPLES / "wine_mlp.onnx"), str(SAMPLES / "wine.csv")]
    few = ["--synthetic", "0", "--thresholds", "2", "--quick-report", "-q"]
    assert run(["compress", *data, *few, "-o", str(student)]) == 0
    provenance = inspected(student, capsys)["provenance"]
    assert provenance["family"] == "tree"
    assert provenance["options"]["max_depth"] == 5
    assert len(provenance["features"]) == 13
    assert run(["inspect", str(student)]) == 0
    shown = capsys.readouterr().out
    assert "crembo family:               tree" in shown
    assert "max_depth 5" in shown


def test_a_missing_model_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that is no model ends with exit code 2 and one line that names it."""
    path = tmp_path / "model.onnx"
    path.write_text("no model")
    assert run(["inspect", str(path)]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "model.onnx" in shown.err
    assert len(shown.err.splitlines()) == 1


def test_nested_json_in_a_strangers_metadata_is_text(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Metadata that would exhaust the stack of a parser is shown as it is."""
    model = onnx.load(SAMPLES / "wine_mlp.onnx")
    onnx.helper.set_model_props(model, {"crembo.size": "[" * 100_000})
    onnx.save(model, tmp_path / "m.onnx")
    assert inspected(tmp_path / "m.onnx", capsys)["provenance"]["size"].startswith("[[[")


def test_escape_sequences_in_a_model_never_reach_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Names and metadata are shown with their escapes."""
    model = onnx.load(SAMPLES / "wine_mlp.onnx")
    model.producer_name = "\x1b[31mred"
    onnx.helper.set_model_props(model, {"crembo.family": "\x1b]0;title\x07"})
    onnx.save(model, tmp_path / "m.onnx")
    assert run(["inspect", str(tmp_path / "m.onnx")]) == 0
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert "\\x1b[31mred" in shown
