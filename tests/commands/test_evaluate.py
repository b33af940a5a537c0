"""`crembo evaluate`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pandas as pd
import pytest

from crembo_cli.commands.app import run
from tests import small_teachers
from tests.command_line import Crembo
from tests.explanations.edge_rows import make_case
from tests.report.report_schema import validate


def compressed(folder: Path, teacher: Path, data: Path, family: str) -> Path:
    """A student of `teacher`."""
    path = folder / f"{family}.onnx"
    few = ["--synthetic", "200", "--thresholds", "3", "--quick-report", "-q"]
    assert run(["compress", str(teacher), str(data), "-o", str(path), "-s", family, *few]) == 0
    return path


@pytest.fixture(scope="module")
def student(tmp_path_factory: pytest.TempPathFactory, teacher: Path, data: Path) -> Path:
    """A tree of the small teacher."""
    return compressed(tmp_path_factory.mktemp("student"), teacher, data, "tree")


def evaluated(crembo: Crembo, *arguments: str | Path) -> dict[str, Any]:
    """The JSON report."""
    ran = crembo("evaluate", *arguments, "--json")
    assert ran.code == 0, ran.err
    found: dict[str, Any] = json.loads(ran.out)
    validate(found)
    return found


def test_with_a_teacher_all_but_refits_is_measured(
    crembo: Crembo, student: Path, teacher: Path, data: Path
) -> None:
    """Fidelity, depth, noise of both, exact margins, bounds and weak spots; nothing is fitted."""
    pd.read_csv(data).iloc[::-1].to_csv("today.csv", index=False)
    found = evaluated(crembo, student, "today.csv", "--teacher", teacher)
    assert found["metrics"]["teacher"]["fidelity"] == 1.0
    assert 0 < found["metrics"]["student"]["fidelity"] <= 1
    assert found["student"]["family"] == "tree"
    assert found["student"]["size"]["leaves"] > 1
    assert (found["search"], found["data"]["training_rows"]) == (None, None)
    robustness = found["robustness"]
    assert (robustness["agreement"], robustness["contamination"]) == (None, None)
    assert robustness["depth"]["training"] is None
    assert (
        robustness["depth"]["test"]["rows"] == robustness["margin"]["rows"] == small_teachers.ROWS
    )
    assert robustness["noise"]["0.05"]["teacher"] is not None
    assert robustness["bounds"]["fidelity"] < found["metrics"]["student"]["fidelity"]
    assert len(robustness["weakest_groups"]) >= 1


@pytest.mark.usefixtures("no_plots")
def test_the_rows_it_was_fitted_on_bound_nothing(
    crembo: Crembo, student: Path, teacher: Path, data: Path
) -> None:
    """The figures are there; for rows not seen nothing is said, and each report says why."""
    reports = [f"report.{kind}" for kind in ("json", "md", "html")]
    asked = [word for each in reports for word in ("--report", each)]
    ran = crembo("evaluate", student, data, "-t", teacher, *asked, "-q")
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    found = json.loads(Path("report.json").read_text())
    validate(found)
    assert found["metrics"]["student"]["fidelity"] > 0
    bounds = found["robustness"]["bounds"]
    assert (bounds["fitted_on"], bounds["fidelity"], bounds["below"]) == (True, None, None)
    assert found["robustness"]["depth"]["curve"]["at_most"] is None
    for each in ("report.md", "report.html"):
        text = Path(each).read_text()
        assert "fitted on rows of this table" in text
        assert "95% confidence:" not in text
    ran = crembo("evaluate", student, data, "-t", teacher, "--require", "bounds.fidelity>=0")
    assert ran.code == 2
    assert "found rows that the student was fitted on" in ran.err


def test_compress_tested_on_what_it_is_fitted_on_bounds_nothing(
    crembo: Crembo, teacher: Path, data: Path
) -> None:
    """As `evaluate` on that table."""
    few = ("--synthetic", "100", "--thresholds", "2", "--quick-report")
    ran = crembo("compress", teacher, data, "--test-data", data, *few, "--json")
    found = json.loads(ran.out)
    validate(found)
    assert found["robustness"]["bounds"]["fitted_on"]
    assert found["robustness"]["bounds"]["accuracy"] is None
    assert "its metrics are optimistic" in ran.err


def test_sizes_of_all_families_are_known(
    crembo: Crembo, teacher: Path, data: Path, tmp_path: Path
) -> None:
    """A file of ours tells its sizes, so that a gate on them needs no fitting."""
    path = compressed(tmp_path, teacher, data, "rules")
    found = evaluated(crembo, path, data, "--require", "parameters<=5000")
    assert set(found["student"]["size"]) > {"parameters", "bytes"}


def test_without_a_teacher_what_needs_one_is_null(
    crembo: Crembo, student: Path, data: Path
) -> None:
    """Accuracy, noise and margins remain."""
    found = evaluated(crembo, student, data)
    metrics = found["metrics"]
    assert (found["teacher"], metrics["teacher"]) == (None, None)
    assert metrics["student"]["accuracy"] > 0.5
    assert metrics["student"]["fidelity"] is None
    assert metrics["student"]["insensitive_depth"] == {"0.01": None, "0.05": None, "0.1": None}
    robustness = found["robustness"]
    assert (robustness["depth"], robustness["weakest_groups"]) == (None, None)
    assert robustness["margin"]["certified_accuracy"]["0.01"] > 0
    assert found["by_class"][0]["mean_belief"] is None


def test_the_same_figures_as_compress_gave(crembo: Crembo, teacher: Path, tmp_path: Path) -> None:
    """On the same rows, in the same units, a student is worth what its own report said."""
    frame = small_teachers.table(200)
    frame.iloc[::2].to_csv("fit.csv", index=False)
    frame.iloc[1::2].to_csv("test.csv", index=False)
    few = ("--synthetic", "100", "--thresholds", "2", "--quick-report")
    ran = crembo("compress", teacher, "fit.csv", "--test-data", "test.csv", *few, "--json")
    first = json.loads(ran.out)
    second = evaluated(crembo, "teacher.student.onnx", "test.csv", "-t", teacher)
    for name in ("student", "teacher"):
        assert first["metrics"][name] == second["metrics"][name]
    for name in ("margin", "bounds", "weakest_groups"):
        assert first["robustness"][name] == second["robustness"][name]
    assert first["by_class"] == second["by_class"]


@pytest.mark.parametrize("family", ["linear", "rules"])
def test_other_families(
    crembo: Crembo, teacher: Path, data: Path, tmp_path: Path, family: str
) -> None:
    """Weighted sums have exact margins too; of the rest a search tells what is not more."""
    path = compressed(tmp_path, teacher, data, family)
    found = evaluated(crembo, path, data, "-t", teacher)["robustness"]
    exact = family == "linear"
    assert (found["margin"] is not None) == exact
    assert (found["margin_upper_bound"] is None) == exact


def test_any_classifier_will_do(crembo: Crembo, teacher: Path, data: Path) -> None:
    """A model that is not of crembo, beside itself: it agrees, and its margin is searched."""
    found = evaluated(crembo, teacher, data, "-t", teacher)
    assert found["metrics"]["student"] == found["metrics"]["teacher"]
    assert found["student"]["family"] is None
    assert found["student"]["size"] == {"bytes": teacher.stat().st_size}
    assert found["robustness"]["margin"] is None
    assert 0 < found["robustness"]["margin_upper_bound"]["median"] < 16


def test_scores_of_any_kind_are_evaluated(
    crembo: Crembo, teacher: Path, data: Path, tmp_path: Path
) -> None:
    """Of a net that ends in logits the labels count alone, unless --activation says more."""
    model = onnx.load(teacher)
    softmax = next(node for node in model.graph.node if node.op_type == "Softmax")
    model.graph.output[0].name = softmax.input[0]
    model.graph.node.remove(softmax)
    onnx.save(model, tmp_path / "logits.onnx")
    found = evaluated(crembo, "logits.onnx", data, "-t", teacher)["metrics"]
    known = {key for key, value in found["student"].items() if value is not None}
    assert {key: found["teacher"][key] for key in known} == {
        key: found["student"][key] for key in known
    }
    assert found["student"]["fidelity"] == 1.0
    assert found["teacher"].keys() - known == {
        "log_loss",
        "kl",
        "brier",
        "roc_auc",
        "average_precision",
        "calibration_error",
    }
    stated = evaluated(crembo, "logits.onnx", data, "--activation", "softmax")["metrics"]
    assert stated["student"]["log_loss"] == pytest.approx(found["teacher"]["log_loss"])
    assert evaluated(crembo, "logits.onnx", data)["metrics"]["student"]["accuracy"] == 1.0


def test_numbered_classes_are_matched_by_order_or_by_name(
    crembo: Crembo, data: Path, teacher: Path, tmp_path: Path
) -> None:
    """A note says which was taken for which, and --classes puts it right."""
    named = small_teachers.teacher(tmp_path / "named.onnx", labels=["c", "a", "b"])
    frame = small_teachers.table()
    frame["target"] = frame["target"].map({0: "c", 1: "a", 2: "b"})
    frame.to_csv("named.csv", index=False)
    asked = ("evaluate", teacher, "named.csv", "-t", named, "--json")
    ran = crembo(*asked)
    assert "classes were matched by order (0 is c, 1 is a, 2 is b)" in ran.err
    assert json.loads(ran.out)["metrics"]["student"]["accuracy"] == 1.0
    ran = crembo(*asked, "--classes", "a,b,c")
    assert ran.err == ""
    assert json.loads(ran.out)["metrics"]["student"]["accuracy"] == 0.0
    ran = crembo(*asked, "--classes", "a,b")
    assert (ran.code, ran.out) == (2, "")
    assert "found 2 names; wanted 3, in the order of its outputs" in ran.err


@pytest.mark.parametrize("family", ["tree", "linear"])
def test_new_categories_and_missing_cells(crembo: Crembo, tmp_path: Path, family: str) -> None:
    """On rows with both, the report's labels are those that onnxruntime gives."""
    case = make_case(tmp_path, family)
    frame = pd.DataFrame(case.rows)
    frame["target"] = case.labels
    numbers = frame.select_dtypes("number")
    frame = frame[(numbers.isna() | (numbers.abs() < 3.4e38)).all(axis=1)]
    frame.to_csv("today.csv", index=False)
    found = evaluated(crembo, case.path, "today.csv", "--label", "target")
    assert found["metrics"]["student"]["accuracy"] == 1.0
    assert found["robustness"]["noise"]["0.1"]["student"] > 0


def test_a_requirement_fails_when_they_drift_apart(
    crembo: Crembo, student: Path, teacher: Path, data: Path, tmp_path: Path
) -> None:
    """The cron job's use: 0 on the rows of yesterday, 1 on those of today, and why."""
    today = small_teachers.table()
    today[["a", "b", "c", "d"]] = np.random.default_rng(0).uniform(
        4.4, 4.6, (small_teachers.ROWS, 4)
    )
    today.to_csv("today.csv", index=False)
    gate = ("--require", "fidelity>=0.75", "-t", teacher, "-q")
    assert crembo("evaluate", student, data, *gate).code == 0
    ran = crembo("evaluate", student, "today.csv", *gate, "--report", "r.json")
    assert (ran.code, ran.out) == (1, "")
    assert "requirement not met: fidelity>=0.75 (it is 0." in ran.err
    assert ran.err.count("\n") == 1
    assert json.loads(Path("r.json").read_text())["requirements"][0]["met"] is False


def test_rows_that_it_was_fitted_on_are_noted(crembo: Crembo, student: Path, data: Path) -> None:
    """Figures on them flatter."""
    ran = crembo("evaluate", student, data)
    assert ran.code == 0
    assert "its metrics are optimistic" in ran.err
    assert ran.out.startswith(f"{student}, a tree student")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--require", "fidelity>=0.9"], "fidelity is not available; found no --teacher"),
        (["--require", "agreement>=0.9"], "found `evaluate`, which fits nothing"),
        (["--report", "r.pdf"], "unsupported output format"),
        (["--drop", "a"], "a column has two roles"),
    ],
)
def test_invalid_arguments_are_refused(
    crembo: Crembo, student: Path, data: Path, tmp_path: Path, arguments: list[str], message: str
) -> None:
    """In one line, with the code 2, and nothing is written."""
    ran = crembo("evaluate", student, data, *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err
    assert list(tmp_path.iterdir()) == []


def test_a_student_is_an_onnx_model(crembo: Crembo, data: Path) -> None:
    """A table is none, and a missing file is missing."""
    assert "not an ONNX model" in crembo("evaluate", data, data).err
    assert "no such file" in crembo("evaluate", "model.onnx", data).err


def test_names_of_classes_are_kept_in_the_student(
    crembo: Crembo, teacher: Path, data: Path
) -> None:
    """`--classes` of compress holds for evaluate, compare and explain: shown, and read as labels.

    Here the label column of later rows has the names, and the teacher has its own classes.
    """
    names = {each: f"class {each}" for each in range(small_teachers.CLASSES)}
    given = ",".join(names.values())
    few = ["--synthetic", "200", "--thresholds", "3", "--quick-report", "-q"]
    assert crembo("compress", teacher, data, "-o", "s.onnx", "--classes", given, *few).code == 0
    pd.read_csv(data).replace({"target": names}).to_csv("named.csv", index=False)
    for options in ([], ["--teacher", teacher]):
        found = evaluated(crembo, "s.onnx", "named.csv", *options)
        assert [each["name"] for each in found["by_class"]] == list(names.values())
        assert found["metrics"]["student"]["accuracy"] > 0.5
    other = evaluated(crembo, "s.onnx", data, "--classes", ",".join("xyz"[: len(names)]))
    assert [each["name"] for each in other["by_class"]] == list("xyz"[: len(names)])
    assert "class 0" in crembo("explain", "s.onnx").out
    assert crembo("compare", "s.onnx", "s.onnx", "named.csv").code == 0
