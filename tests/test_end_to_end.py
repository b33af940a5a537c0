"""From a teacher and a table to a student and a report: the sample models, whole."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pandas as pd
import pytest

from crembo_cli.dataset.read import read_table
from crembo_cli.student_file.metadata import features_of
from crembo_cli.teachers.load import load_teacher
from tests.in_process import SAMPLES, Ran, crembo
from tests.report.report_schema import validate

TABLES = {
    "breast_cancer_forest.onnx": "breast_cancer.csv",
    "wine_mlp.onnx": "wine.csv",
    "digits_forest.onnx": "digits.parquet",
    "iris_boosting.pkl": "iris.csv",
}
KEYS = [
    "schema",
    "crembo",
    "teacher",
    "data",
    "student",
    "search",
    "metrics",
    "robustness",
    "requirements",
    "timing",
]
FIGURES = {
    "accuracy",
    "balanced_accuracy",
    "fidelity",
    "depth",
    "insensitive_depth",
    "mean_belief",
    "log_loss",
    "kl",
    "brier",
    "roc_auc",
    "average_precision",
    "calibration_error",
}


@dataclass(frozen=True)
class Done:
    """One sample compressed twice, on one thread and on two."""

    folder: Path
    teacher: Path
    table: pd.DataFrame  # all rows
    first: Ran
    again: Ran
    report: dict[str, Any]
    model: bytes
    model_again: bytes

    def says(self, frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        """Labels and probabilities of the student's file."""
        session = onnxruntime.InferenceSession(self.model)
        name = session.get_inputs()[0].name
        cells = frame[self.report["data"]["features"]].to_numpy(np.float32)
        return tuple(session.run(["label", "probabilities"], {name: cells}))


# Of each kind of file, one teacher is started as for users.
STARTED = ("wine_mlp.onnx", "iris_boosting.pkl")


@pytest.fixture(
    scope="module",
    params=[pytest.param(each, marks=[pytest.mark.started] * (each in STARTED)) for each in TABLES],
)
def done(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Done:
    """Each sample, with a third of its rows set apart as test data."""
    teacher, folder = SAMPLES / request.param, tmp_path_factory.mktemp("sample")
    table = read_table(SAMPLES / TABLES[request.param]).frame
    apart = np.arange(len(table)) % 3 == 0
    table[~apart].to_parquet(folder / "data.parquet", index=False)
    # Other columns first: they are found by their names.
    table[apart].iloc[:, ::-1].to_csv(folder / "test.csv", index=False)
    runs, models = [], []
    for threads in ("1", "2"):
        runs.append(
            crembo(
                folder,
                "compress",
                teacher,
                "data.parquet",
                *("--test-data", "test.csv", "--synthetic", "400", "--thresholds", "8"),
                "--quick-report",
                *("--json", "--report", f"{threads}.json", "--jobs", threads),
            )
        )
        models.append((folder / f"{teacher.stem}.student.onnx").read_bytes())
    return Done(folder, teacher, table, *runs, json.loads(runs[0].out), *models)


def test_json_is_all_of_standard_output(done: Done) -> None:
    """`--json` prints the report and nothing else, and the report's file holds the same."""
    for ran, name in ((done.first, "1.json"), (done.again, "2.json")):
        assert ran.code == 0
        assert ran.out == (done.folder / name).read_text()
    assert all(line.startswith("crembo: note: ") for line in done.first.err.splitlines())


def test_the_same_run_gives_the_same(done: Done) -> None:
    """The same bytes of ONNX, and the same JSON but for `timing`, on one thread and on two.

    The next command names the number of threads and the report's file.
    """
    assert done.model == done.model_again
    again = json.loads(done.again.out)
    commands = [each["verdict"].pop("command") for each in (done.report, again)]
    assert len({re.sub(r"[12]", "", command) for command in commands}) == 1
    assert done.report.pop("timing").keys() == again.pop("timing").keys()
    assert done.report == again


def test_the_keys_of_the_report(done: Done) -> None:
    """Schema 1, as it is laid down."""
    report = json.loads(done.first.out)
    assert report["schema"] == 2
    validate(report)
    assert [key for key in report if key in KEYS] == KEYS
    assert {"path", "sha256", "family", "size"} <= report["student"].keys()
    assert {"algorithm", "select", "threshold", "delta", "steps"} <= report["search"].keys()
    for step in report["search"]["steps"]:
        assert step.keys() == {
            "threshold",
            "depth",
            "insensitive_depth",
            "mean_belief",
            "accuracy",
        }
    names = ["student", "teacher", "baseline_labels", "baseline_teacher", "baseline_soft"]
    assert list(report["metrics"]) == names
    for figures in report["metrics"].values():
        assert figures.keys() == FIGURES
        assert list(figures["insensitive_depth"]) == ["0.01", "0.05", "0.1"]
    assert report["requirements"] == []


def test_figures_can_be_counted_again(done: Done) -> None:
    """What is reported is what the student's file says of the test rows, and its own size."""
    report = json.loads(done.first.out)
    test = done.table[np.arange(len(done.table)) % 3 == 0]
    labels, _ = done.says(test)
    taught = load_teacher(done.teacher)
    beliefs = taught.beliefs(test[report["data"]["features"]].reset_index(drop=True))
    classes = [str(each) for each in taught.classes]
    taught.close()
    predicted = np.array([classes.index(str(label)) for label in labels])
    depths = beliefs[np.arange(len(predicted)), predicted]
    figures = report["metrics"]["student"]
    true = test["target"].astype(str).to_numpy()
    assert figures["accuracy"] == np.mean(labels.astype(str) == true)
    assert figures["balanced_accuracy"] == pytest.approx(
        np.mean([np.mean(labels[true == each].astype(str) == each) for each in np.unique(true)])
    )
    assert figures["fidelity"] == np.mean(predicted == beliefs.argmax(axis=1))
    assert figures["depth"] == pytest.approx(depths.min(), rel=1e-5)
    below = np.sort(depths)[int(0.05 * len(depths))]
    assert figures["insensitive_depth"]["0.05"] == pytest.approx(below)
    assert figures["mean_belief"] == pytest.approx(depths.mean())
    assert report["metrics"]["teacher"]["fidelity"] == 1.0
    size = report["student"]["size"]
    assert size["bytes"] == len(done.model)
    assert size["nodes"] == 2 * size["leaves"] - 1
    assert report["student"]["sha256"] == hashlib.sha256(done.model).hexdigest()
    assert report["teacher"]["sha256"] == hashlib.sha256(done.teacher.read_bytes()).hexdigest()


def test_rows_are_counted(done: Done) -> None:
    """Every row is fitted on, chosen by or tested on, once."""
    data = json.loads(done.first.out)["data"]
    apart = len(done.table) - -(-len(done.table) // 3)
    assert data["rows"] == data["training_rows"] + data["validation_rows"] == apart
    assert data["test_rows"] == len(done.table) - apart
    assert (data["synthetic_rows"], data["validation_synthetic_rows"]) == (400, 100)
    assert data["label"] == "target"


def test_the_student_takes_its_teachers_place(done: Done) -> None:
    """Inputs have the teacher's names, types and shapes; labels are of its classes' type."""
    student = onnxruntime.InferenceSession(done.model)
    labels, probabilities = done.says(done.table)
    assert probabilities.sum(axis=1) == pytest.approx(1.0)
    if done.teacher.suffix == ".onnx":
        teacher = onnxruntime.InferenceSession(done.teacher)
        for ours, theirs in zip(student.get_inputs(), teacher.get_inputs(), strict=True):
            assert (ours.name, ours.type) == (theirs.name, theirs.type)
            assert len(ours.shape) == len(theirs.shape)
            assert ours.shape[1:] == theirs.shape[1:]
        label = next((each for each in teacher.get_outputs() if "label" in each.name), None)
        if label is not None:
            assert student.get_outputs()[0].type == label.type
    else:
        (only,) = student.get_inputs()
        assert (only.name, only.type, only.shape[1:]) == ("X", "tensor(float)", [4])
    assert set(labels) <= set(done.table["target"])


def test_provenance(done: Done) -> None:
    """The file says where it comes from, and tells no path of this machine and no time."""
    report = json.loads(done.first.out)
    model = onnx.load_from_string(done.model)
    metadata = {each.key: each.value for each in model.metadata_props}
    assert metadata["crembo.version"] == report["crembo"]
    assert metadata["crembo.family"] == "tree"
    assert json.loads(metadata["crembo.options"]) == report["student"]["options"]
    assert json.loads(metadata["crembo.search"])["seed"] == 0
    assert json.loads(metadata["crembo.classes"]) == report["teacher"]["classes"]
    assert [each.name for each in features_of(model)] == report["data"]["features"]
    assert metadata["crembo.teacher.sha256"] == report["teacher"]["sha256"]
    assert metadata["crembo.data.sha256"] == report["data"]["sha256"]
    assert json.loads(metadata["crembo.metrics"]) == report["metrics"]["student"]
    assert str(done.folder).encode() not in done.model
    assert str(SAMPLES).encode() not in done.model
    assert not re.search(rb"20\d\d-\d\d-\d\d|\d\d:\d\d:\d\d", done.model)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """The first command of the README, with details but without what takes refits."""
    folder = tmp_path_factory.mktemp("drawn")
    forest, table = SAMPLES / "breast_cancer_forest.onnx", SAMPLES / "breast_cancer.csv"
    options = ("--max-depth", "5", "--details", "--quick-report")
    return crembo(folder, "compress", forest, table, "--student", "tree", *options)


@pytest.mark.defaults
def test_the_report_is_drawn(drawn: Ran) -> None:
    """With details the report is a drawing with figures, path and tree; no word besides."""
    assert (drawn.code, drawn.err) == (0, "")
    assert drawn.out.startswith("breast_cancer_forest.student.onnx, a tree student of\n")
    for words in ("CART on teacher", "smaller", "faster", "^ selected", "benign"):
        assert words in drawn.out


@pytest.mark.defaults
def test_the_student_wins_where_it_should(drawn: Ran) -> None:
    """On the README's sample the student is deeper than all CART trees at 5 %."""
    text = drawn.out.splitlines()
    head = next(line for line in text if line.startswith("test rows"))
    end = head.index("depth 5%") + len("depth 5%")
    at = text.index(head)
    rows = [line[:end] for line in text[at + 2 : at + 7]]
    depth = {row.split("  ")[0]: float(row.split()[-1]) for row in rows}
    baselines = [f"{name}, depth 5" for name in ("CART on labels", "CART on teacher", "soft CART")]
    assert depth.keys() == {"student", "teacher", *baselines}
    assert depth["student"] >= max(depth[name] for name in baselines)
