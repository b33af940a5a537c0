"""`crembo evaluate`: what moved since the student was fitted."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.command_line import Crembo
from tests.in_process import SAMPLES
from tests.in_process import crembo as run_in

FEW = ("--synthetic", "200", "--thresholds", "2", "--quick-report", "-q")


@pytest.fixture(scope="module")
def churn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A student of the sample with text and missing cells."""
    folder = tmp_path_factory.mktemp("churn")
    inputs = SAMPLES / "churn_boosting.pkl", SAMPLES / "churn.csv"
    ran = run_in(folder, "compress", *inputs, "-o", "churn.onnx", *FEW)
    assert ran.code == 0, ran.err
    return folder / "churn.onnx"


@pytest.fixture
def today() -> pd.DataFrame:
    """500 rows of the sample."""
    return pd.read_csv(SAMPLES / "churn.csv").sample(500, random_state=0, ignore_index=True)


def test_rows_of_the_same_table_have_not_moved(
    crembo: Crembo, churn: Path, today: pd.DataFrame
) -> None:
    """Terminal and Markdown say so in one sentence, and a gate on the largest index is met."""
    today.to_csv("today.csv", index=False)
    gates = ("--require", "drift.max_psi<=0", "--require", "moved==0", "--report", "r.md")
    ran = crembo("evaluate", churn, "today.csv", *gates)
    assert ran.code == 0, ran.err
    assert "No column moved since training (2,160 rows)" in ran.out
    assert "No column moved since training" in Path("r.md").read_text()


@pytest.mark.usefixtures("no_plots")
def test_what_moved_is_named_with_index_and_test(
    crembo: Crembo, churn: Path, today: pd.DataFrame
) -> None:
    """New categories in one column, missing cells in another, figures then and now; exit code 1."""
    today.loc[:39, "contract"] = "weekly"
    today.loc[40:49, "contract"] = "daily"
    today.loc[np.arange(500) % 3 == 0, "monthly_charge"] = np.nan
    today.to_csv("today.csv", index=False)
    reports = ("--report", "r.json", "--report", "r.html", "--report", "r.md")
    ran = crembo("evaluate", churn, "today.csv", "--require", "drift.max_psi<=0.2", *reports)
    assert ran.code == 1
    assert "drift.max_psi<=0.2 (it is 0." in ran.err
    report = json.loads(Path("r.json").read_text())
    drift = report["drift"]
    moved = {each["name"]: each for each in drift["columns"] if each["moved"]}
    assert set(moved) == {"contract", "monthly_charge"}
    assert drift["moved"] == 2
    assert drift["unseen_rows"] == moved["contract"]["unseen_rows"] == 50
    assert moved["contract"]["unseen"] == {"weekly": 40, "daily": 10}
    assert moved["monthly_charge"]["missing"] > 0.3 > moved["monthly_charge"]["missing_then"]
    assert max(each["p_value"] for each in moved.values()) < 0.01
    assert drift["max_psi"] == max(each["psi"] for each in moved.values())
    now = report["metrics"]["student"]
    for name in ("accuracy", "roc_auc", "log_loss"):
        assert drift["change"][name] == pytest.approx(now[name] - drift["then"][name])
    assert drift["error"]["accuracy"] > 0
    assert (drift["change"]["fidelity"], drift["then"]["fidelity"] is None) == (None, False)
    for text in (ran.out, Path("r.md").read_text(), Path("r.html").read_text()):
        words = " ".join(text.replace("&#39;", "'").split())
        assert "2 of 6 columns moved since training" in words
        assert "'weekly' 40 and 'daily' 10" in words
        assert "PSI" in text
        assert "<0.001" in text or "&lt;0.001" in text


def test_the_figures_of_the_run_that_fitted_it_are_remembered(
    crembo: Crembo, teacher: Path, data: Path
) -> None:
    """On the same test rows nothing has changed, fidelity included."""
    frame = pd.read_csv(data)
    frame.iloc[::2].to_csv("fit.csv", index=False)
    frame.iloc[1::2].to_csv("test.csv", index=False)
    assert crembo("compress", teacher, "fit.csv", "--test-data", "test.csv", *FEW).code == 0
    gates = ("--require", "change.fidelity==0", "--require", "drift.change.accuracy==0")
    ran = crembo("evaluate", "teacher.student.onnx", "test.csv", "-t", teacher, *gates)
    assert ran.code == 0, ran.err


def test_an_evaluation_without_anything_to_measure_is_an_error(
    crembo: Crembo, churn: Path, today: pd.DataFrame
) -> None:
    """No labels and no teacher: exit code 2, the three cures, and nothing on standard output."""
    today.drop(columns="target").to_csv("today.csv", index=False)
    ran = crembo("evaluate", churn, "today.csv", "--report", "r.json")
    assert (ran.code, ran.out, Path("r.json").exists()) == (2, "", False)
    assert "nothing can be measured; found no label column and no teacher" in ran.err
    for cure in ("--label COLUMN", "--teacher TEACHER", "--require 'drift.max_psi<=0.2'"):
        assert cure in ran.err


def test_a_requirement_that_needs_neither_labels_nor_teacher_is_enough(
    crembo: Crembo, churn: Path, today: pd.DataFrame
) -> None:
    """Drift or size is then what is measured; one that needs labels is an error as ever."""
    today.drop(columns="target").to_csv("today.csv", index=False)
    ran = crembo("evaluate", churn, "today.csv", "--require", "drift.max_psi<=0.2")
    assert ran.code == 0, ran.err
    assert "No column moved" in ran.out
    assert crembo("evaluate", churn, "today.csv", "--require", "bytes<=20000").code == 0
    ran = crembo("evaluate", churn, "today.csv", "--require", "accuracy>=0.5")
    assert "accuracy is not available" in ran.err
    assert ran.code == 2


def test_drift_of_a_model_without_a_summary_is_not_available(
    crembo: Crembo, teacher: Path, data: Path
) -> None:
    """A classifier of another producer has none; of it the cure names labels and teacher alone."""
    ran = crembo("evaluate", teacher, data, "--require", "drift.max_psi<=0.2")
    assert ran.code == 2
    assert "drift.max_psi is not available; found a student without a summary" in ran.err
    pd.read_csv(data).drop(columns="target").to_csv("today.csv", index=False)
    ran = crembo("evaluate", teacher, "today.csv")
    assert ran.code == 2
    assert "nothing can be measured" in ran.err
    assert "drift" not in ran.err


def test_compress_has_no_drift_to_gate_on(crembo: Crembo, teacher: Path, data: Path) -> None:
    """It is refused before any work, with the command that has."""
    ran = crembo("compress", teacher, data, "--require", "drift.max_psi<=0.2")
    assert ran.code == 2
    assert "drift.max_psi is not available" in ran.err
    assert "use `evaluate`" in ran.err
    ran = crembo("compress", teacher, data, "--require", "change.kl<=0.2")
    assert "drift.change.kl is not available" in ran.err
