"""The library: the command line's runs as functions, on files and on objects in memory."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier

import crembo_cli as crembo
from crembo_cli.commands.app import app, run
from tests.report.report_schema import validate

SAMPLES = Path(__file__).parent.parent / "sample_models"
WINE = (SAMPLES / "wine_mlp.onnx", SAMPLES / "wine.csv")
# Options that only say how the command line prints; a library has no use for them.
PRINTED = {
    *("as_json", "details", "dry_run", "quiet", "verbose"),
    *("debug", "explain_report", "context"),
}
LIBRARY_ONLY = {"progress", "command"}


@pytest.fixture(scope="module")
def wine() -> pd.DataFrame:
    """The table of the sample, its label `target` included."""
    return pd.read_csv(WINE[1])


@pytest.fixture(scope="module")
def forest(wine: pd.DataFrame) -> RandomForestClassifier:
    """A classifier that was fitted a moment ago."""
    return RandomForestClassifier(20, random_state=0).fit(wine.drop(columns="target"), wine.target)


@pytest.mark.parametrize("name", crembo.__all__)
def test_every_public_name_resolves(name: str) -> None:
    """`__all__` promises nothing that is not there."""
    assert getattr(crembo, name) is not None


def test_star_import_works() -> None:
    """`from crembo_cli import *` brings in all public names."""
    names: dict[str, object] = {}
    exec("from crembo_cli import *", names)
    assert set(crembo.__all__) <= set(names)


def test_an_unknown_name_is_an_attribute_error() -> None:
    """As with any module."""
    with pytest.raises(AttributeError, match="no attribute 'compresss'"):
        crembo.compresss  # noqa: B018  # reading it is the test


@pytest.mark.parametrize("name", ["compress", "evaluate", "compare", "score", "explain", "mlflow"])
def test_an_option_of_the_command_is_an_argument_of_the_function(name: str) -> None:
    """By the same name and with the same default, but for options that say how to print."""
    (command,) = [each.callback for each in app.registered_commands if each.name == name]
    assert command is not None
    options = inspect.signature(command).parameters
    arguments = inspect.signature(getattr(crembo, name)).parameters
    renamed = {"form": "format"}
    offered = {renamed.get(each, each) for each in options} - PRINTED
    assert offered == set(arguments) - LIBRARY_ONLY
    for option in offered - {"format"}:
        assert options[option].default in (arguments[option].default, inspect.Parameter.empty), (
            option
        )


def test_the_library_makes_the_student_that_the_command_line_makes(tmp_path: Path) -> None:
    """The same bytes for the same inputs, options and seed."""
    result = crembo.compress(*WINE, max_depth=3, quick_report=True)
    output = tmp_path / "wine.onnx"
    files = [*map(str, WINE), "-o", str(output)]
    assert run(["compress", *files, "--max-depth", "3", "--quick-report", "-q"]) == 0
    assert output.read_bytes() == result.content
    result.save(tmp_path / "saved.onnx")
    assert (tmp_path / "saved.onnx").read_bytes() == result.content


def test_nothing_is_written_unless_requested(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without `output` and `report` the folder stays empty."""
    monkeypatch.chdir(tmp_path)
    crembo.compress(*WINE, student="linear", quick_report=True, synthetic=0)
    assert list(tmp_path.iterdir()) == []


def test_a_fitted_estimator_and_a_frame_are_compressed(
    forest: RandomForestClassifier, wine: pd.DataFrame
) -> None:
    """The report says that the teacher ran in the caller's process."""
    result = crembo.compress(forest, wine, max_depth=4, quick_report=True)
    teacher = result.report.teacher
    assert teacher is not None
    assert (teacher.format, teacher.path) == ("estimator", "sklearn.RandomForestClassifier")
    assert teacher.output_format.endswith("in the caller's process")
    assert teacher.classes == [0, 1, 2]
    assert (result.report.metrics["student"].fidelity or 0) > 0.8
    features = wine.drop(columns="target")
    predicted = result.student.predict(features)
    assert np.mean(predicted == forest.predict(features)) > 0.9
    probabilities = result.student.predict_proba(features.to_numpy(np.float32))
    np.testing.assert_array_equal(probabilities.argmax(axis=1), predicted)


def test_a_function_of_rows_is_compressed(
    forest: RandomForestClassifier, wine: pd.DataFrame
) -> None:
    """It gets a frame with the table's feature columns, without the label."""
    seen: list[list[str]] = []

    def teacher(rows: pd.DataFrame) -> np.ndarray:
        seen.append(list(rows.columns))
        return forest.predict_proba(rows)

    result = crembo.compress(
        teacher, wine, classes=["0", "1", "2"], quick_report=True, synthetic=500
    )
    assert seen[0] == list(wine.columns.drop("target"))
    assert result.report.teacher is not None
    assert result.report.teacher.format == "function"
    assert (result.report.teacher.sha256, result.report.teacher.bytes) == (None, None)
    validate(result.report.to_dict())
    assert "x faster" in result.report.to_markdown()
    assert "teacher" in result.report.to_text()
    assert "in memory" in result.report.to_html()
    assert (result.report.metrics["student"].accuracy or 0) > 0.7


def test_arrays_with_names_and_polars_frames_are_tables(
    forest: RandomForestClassifier, wine: pd.DataFrame
) -> None:
    """All three give the same student."""
    pl = pytest.importorskip("polars")
    arrays = {name: wine[name].to_numpy() for name in wine.columns}
    students = {
        crembo.compress(forest, data, synthetic=0, quick_report=True)
        .student.predict_proba(wine)
        .tobytes()
        for data in (wine, arrays, pl.from_pandas(wine))
    }
    assert len(students) == 1


def test_text_and_missing_cells_are_predicted_as_in_the_file(tmp_path: Path) -> None:
    """A frame's None and NaN are missing, an unknown text is an unseen category."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"colour": rng.choice(["red", "green", None], 300), "size": rng.normal(size=300)}
    )

    def teacher(rows: pd.DataFrame) -> np.ndarray:
        yes = np.where(rows["colour"] == "red", 0.9, np.where(rows["size"] > 0, 0.7, 0.1))
        return np.column_stack([1 - yes, yes])

    result = crembo.compress(teacher, frame, quick_report=True)
    probe = pd.DataFrame({"size": [1.0, -1.0, np.nan], "colour": ["red", None, "blue"]})
    assert result.student.features == ("colour", "size")
    assert result.student.predict(probe).tolist()[0] == 1
    result.save(tmp_path / "s.onnx")
    loaded = crembo.load_student(tmp_path / "s.onnx")
    np.testing.assert_array_equal(loaded.predict_proba(probe), result.student.predict_proba(probe))


def test_evaluate_measures_a_student_by_a_teacher_in_memory(
    tmp_path: Path, forest: RandomForestClassifier, wine: pd.DataFrame
) -> None:
    """Fidelity is that of the student's own predictions."""
    result = crembo.compress(forest, wine, quick_report=True, output=tmp_path / "s.onnx")
    found = crembo.evaluate(tmp_path / "s.onnx", wine, teacher=forest)
    features = wine.drop(columns="target")
    expected = np.mean(result.student.predict(features) == forest.predict(features))
    assert found.report.metrics["student"].fidelity == pytest.approx(expected)


def test_score_gives_the_teachers_probabilities(
    forest: RandomForestClassifier, wine: pd.DataFrame
) -> None:
    """One column per class."""
    scores = crembo.score(forest, wine)
    assert list(scores.frame.columns) == ["0", "1", "2"]
    expected = forest.predict_proba(wine.drop(columns="target"))
    np.testing.assert_allclose(scores.frame, expected, atol=1e-6)


def test_explain_gives_text_and_json(tmp_path: Path) -> None:
    """As bytes of UTF-8."""
    crembo.compress(*WINE, max_depth=2, quick_report=True, output=tmp_path / "s.onnx")
    assert b"tree" in crembo.explain(tmp_path / "s.onnx")
    assert json.loads(crembo.explain(tmp_path / "s.onnx", format="json"))["classes"] == [0, 1, 2]


@pytest.mark.parametrize(
    ("teacher", "message"),
    [
        (object(), "unsupported type of teacher"),
        (lambda rows: np.zeros(len(rows)), "one row of class probabilities for each row"),
        (lambda rows: 1 / 0, "the teacher failed: ZeroDivisionError"),
        (RandomForestClassifier(), "is not fitted"),
    ],
)
def test_an_object_that_cannot_be_a_teacher_is_refused(
    teacher: object, message: str, wine: pd.DataFrame
) -> None:
    """With crembo's own error."""
    with pytest.raises(crembo.CremboError, match=message):
        crembo.compress(teacher, wine)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (3, "unsupported type of data"),
        (pd.DataFrame(), "the table is empty"),
        ({}, "the table is empty"),
    ],
)
def test_data_that_is_not_a_table_is_refused(
    data: object, message: str, forest: RandomForestClassifier
) -> None:
    """With crembo's own error."""
    with pytest.raises(crembo.CremboError, match=message):
        crembo.compress(forest, data)


def test_requirements_are_evaluated_and_raise_nothing() -> None:
    """The caller reads them in the report."""
    result = crembo.compress(*WINE, quick_report=True, synthetic=0, require=["fidelity>=1.1"])
    (requirement,) = result.report.requirements
    assert not requirement.met


def test_typer_is_not_needed_to_import_the_library() -> None:
    """The library does not load the command line."""
    code = "import sys, crembo_cli; crembo_cli.compress; print('typer' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize(("own", "used"), [(None, "1"), ("0", "0")])
def test_onnxruntime_sends_no_telemetry_unless_the_user_wants_it(
    own: str | None, used: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The variable is set when crembo is imported, before onnxruntime can be."""
    monkeypatch.delenv("ORT_DISABLE_TELEMETRY", raising=False)
    if own is not None:
        monkeypatch.setenv("ORT_DISABLE_TELEMETRY", own)
    code = "import os, crembo_cli; print(os.environ['ORT_DISABLE_TELEMETRY'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == used
