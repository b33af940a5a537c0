"""`crembo compress`: each option does what it says."""

from __future__ import annotations

import json
import sys
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pandas as pd
import pytest

from tests import small_teachers
from tests.command_line import Crembo

FEW = ("--quick-report", "--thresholds", "2")
QUICK = (*FEW, "--synthetic", "0")


@pytest.fixture
def report(crembo: Crembo, beliefs: Path, data: Path) -> Any:
    """Runs with options and returns the JSON report; on a table of beliefs unless others."""

    def ran(*options: str | Path, on: tuple[str | Path, str | Path] = (beliefs, data)) -> Any:
        few = FEW[:1] if "memo" in options else FEW  # MEMO has no such number
        done = crembo("compress", *on, *few, "--json", *options)
        assert done.code == 0, done.err
        return json.loads(done.out)

    return ran


def test_outputs_have_their_places(crembo: Crembo, beliefs: Path, data: Path) -> None:
    """The student goes where `-o` says, else beside nothing of the inputs: into this folder."""
    assert crembo("compress", beliefs, data, *QUICK, "-q").code == 0
    assert [path.name for path in Path.cwd().iterdir()] == ["beliefs.student.onnx"]
    Path("out").mkdir()
    assert crembo("compress", beliefs, data, *QUICK, "-q", "-o", "out/s.onnx").code == 0
    assert Path("out/s.onnx").read_bytes() == Path("beliefs.student.onnx").read_bytes()


def test_quiet_prints_nothing(crembo: Crembo, beliefs: Path, data: Path) -> None:
    """`-q` prints nothing at all; with `--json` the report alone."""
    done = crembo("compress", beliefs, data, *QUICK, "-q")
    assert (done.code, done.out, done.err) == (0, "", "")
    assert json.loads(crembo("compress", beliefs, data, *QUICK, "-q", "--json").out)["schema"] == 2


def test_synthetic_rows_are_counted(report: Any, teacher: Path, data: Path) -> None:
    """None for 0, so many for a number with a quarter to choose by, and a share by default."""
    for option, fitted, validation in (("0", 0, 0), ("40", 40, 10)):
        found = report("--synthetic", option, on=(teacher, data))["data"]
        assert (found["synthetic_rows"], found["validation_synthetic_rows"]) == (fitted, validation)
    assert report(on=(teacher, data))["data"]["synthetic_rows"] > 0


def test_the_seed_is_the_draw(report: Any) -> None:
    """The same seed gives the same student, another one another split."""
    first, again, other = (report("--seed", seed) for seed in "001")
    assert first["student"] == again["student"]
    assert first["student"]["sha256"] != other["student"]["sha256"]
    assert (first["search"]["seed"], other["search"]["seed"]) == (0, 1)


def test_the_family_and_its_options(report: Any) -> None:
    """`--student`, `--max-depth` and `--set` reach the family."""
    found = report("--max-depth", "1", "--set", "alpha=0")["student"]
    assert found["family"] == "tree"
    assert (found["options"]["max_depth"], found["options"]["alpha"]) == (1, 0.0)
    assert (found["size"]["tree_depth"], found["size"]["leaves"]) == (1, 2)
    linear = report("-s", "linear", "--set", "ridge=0.5")["student"]
    assert (linear["family"], linear["options"]["ridge"]) == ("linear", 0.5)
    assert linear["size"].keys() == {"parameters", "bytes"}


def test_thresholds_and_delta(report: Any) -> None:
    """The path has the belief student and so many thresholds; depth is told at delta."""
    found = report("--thresholds", "5", "--delta", "0.5")["search"]
    thresholds = [step["threshold"] for step in found["steps"]]
    assert thresholds == [None, *(pytest.approx(k / 6) for k in range(1, 6))]
    assert found["delta"] == 0.5
    assert found["threshold"] == thresholds[found["chosen"]]
    assert all(step["depth"] <= step["insensitive_depth"] for step in found["steps"])


def test_memo(report: Any) -> None:
    """MEMO keeps the last step, the deepest on its rows; at delta 0 it is consistent."""
    found = report("--algorithm", "memo", "--delta", "0")["search"]
    assert found["algorithm"] == "memo"
    assert found["chosen"] == len(found["steps"]) - 1
    assert all(step["threshold"] is not None for step in found["steps"])


def test_select_accuracy(report: Any) -> None:
    """The paper's Algorithm 2 selects the step with the highest validation accuracy."""
    found = report("--select", "accuracy")["search"]
    assert found["select"] == "accuracy"
    accuracies = [step["accuracy"] for step in found["steps"]]
    assert found["chosen"] == accuracies.index(max(accuracies))


def test_the_label_is_named_or_found_or_absent(report: Any, beliefs: Path, tmp_path: Path) -> None:
    """A column of any name by `--label`; `target` by itself; without one, no accuracy."""
    frame = small_teachers.table()
    frame.rename(columns={"target": "diagnosis"}).to_csv(tmp_path / "d.csv", index=False)
    named = report("--label", "diagnosis", on=(beliefs, "d.csv"))
    assert named["data"]["label"] == "diagnosis"
    assert named["metrics"]["teacher"]["accuracy"] == 1.0
    assert report()["metrics"] == named["metrics"]
    bare = report("--drop", "diagnosis", on=(beliefs, "d.csv"))
    assert bare["data"]["label"] is None
    assert bare["metrics"]["baseline_labels"] is None
    assert bare["metrics"]["student"]["accuracy"] is None
    assert bare["metrics"]["student"]["fidelity"] is not None
    assert all(step["accuracy"] is None for step in bare["search"]["steps"])


def test_features_by_order(report: Any, teacher: Path, tmp_path: Path) -> None:
    """`--features` gives the columns in the teacher's order, whatever theirs in the table."""
    frame = small_teachers.table()
    frame.insert(0, "id", range(len(frame)))
    frame[["id", "d", "target", "c", "b", "a"]].to_csv(tmp_path / "d.csv", index=False)
    found = report("--synthetic", "0", "--features", "a,b,c,d", on=(teacher, "d.csv"))
    assert found["data"]["features"] == list("abcd")
    assert found["metrics"]["teacher"]["accuracy"] == 1.0
    dropped = report("--synthetic", "0", "--drop", "id", on=(teacher, "d.csv"))
    assert dropped["data"]["features"] == list("dcba")
    assert dropped["metrics"]["teacher"]["accuracy"] < 1.0


def test_class_names(report: Any, teacher: Path, tmp_path: Path) -> None:
    """`--classes` names the numbered classes of a net as the table does."""
    frame = small_teachers.table()
    frame["target"] = frame["target"].map({0: "low", 1: "mid", 2: "high"})
    frame.to_csv(tmp_path / "d.csv", index=False)
    found = report("--synthetic", "0", "--classes", "low,mid,high", on=(teacher, "d.csv"))
    assert found["metrics"]["teacher"]["accuracy"] == 1.0


def test_test_size_and_test_data(report: Any, teacher: Path, data: Path, tmp_path: Path) -> None:
    """So large a share is measured on, or another table, of which no row is fitted on."""
    assert report("--test-size", "0.5")["data"]["test_rows"] == 30
    small_teachers.table(200).iloc[60:, ::-1].to_csv(tmp_path / "t.csv", index=False)
    found = report("--synthetic", "0", "--test-data", "t.csv", on=(teacher, data))
    assert found["data"]["test_rows"] == 140
    assert found["data"]["training_rows"] + found["data"]["validation_rows"] == 60
    assert found["data"]["test_path"] == "t.csv"
    assert found["data"]["test_sha256"] != found["data"]["sha256"]
    assert found["metrics"]["teacher"]["accuracy"] == 1.0


def test_notes_on_test_data(crembo: Crembo, teacher: Path, data: Path, tmp_path: Path) -> None:
    """Measuring on the rows fitted on, and on rows without labels, is told."""
    same = crembo("compress", teacher, data, *QUICK, "--test-data", data)
    assert "is fitted on the rows of" in same.err
    small_teachers.table().drop(columns="target").to_csv(tmp_path / "bare.csv", index=False)
    bare = crembo("compress", teacher, data, *QUICK, "--test-data", "bare.csv")
    assert bare.err == "crembo: note: bare.csv has no labels: accuracy is not measured\n"


def test_standard_input(report: Any, beliefs: Path, data: Path, monkeypatch: Any) -> None:
    """`-` is CSV on standard input, and gives what the file gives."""
    from_file = report()
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(data.read_bytes())))
    piped = report(on=(beliefs, "-"))
    assert piped["data"]["path"] == "-"
    assert piped["student"]["sha256"] == from_file["student"]["sha256"]
    assert piped["metrics"] == from_file["metrics"]


def test_a_table_of_beliefs_teaches(report: Any, beliefs: Path, teacher: Path, data: Path) -> None:
    """The teacher's answers, kept in a file, make the student that it would make itself."""
    kept, asked = report(), report("--synthetic", "0", on=(teacher, data))
    assert kept["data"]["synthetic_rows"] == 0
    assert kept["student"]["size"]["leaves"] == asked["student"]["size"]["leaves"]
    for name, figure in asked["metrics"]["student"].items():
        assert kept["metrics"]["student"][name] == pytest.approx(figure, abs=1e-6)
    assert kept["timing"]["teacher_rows_per_second"] is None
    student = onnxruntime.InferenceSession("beliefs.student.onnx")
    assert [each.name for each in student.get_inputs()] == ["X"]


def test_reports_are_repeatable(crembo: Crembo, beliefs: Path, data: Path) -> None:
    """Each `--report` is written, and all say the same."""
    done = crembo("compress", beliefs, data, *QUICK, "--report", "a.json", "--report", "b.JSON")
    assert done.code == 0
    assert Path("a.json").read_text() == Path("b.JSON").read_text()


def test_odd_names_are_names(crembo: Crembo, tmp_path: Path, teacher: Path) -> None:
    """Paths and columns that look like markup come through as they are, everywhere."""
    frame = small_teachers.table()
    frame.columns = ["[red]x", ":smile:", "[/bold]", "a\nb", "target"]
    frame.to_csv(tmp_path / "[blue]d.csv", index=False)
    done = crembo("compress", teacher, "[blue]d.csv", *QUICK, "-o", "[b]s.onnx", "-v")
    assert done.code == 0
    assert done.out.startswith("[b]s.onnx, a tree student of ")
    assert "on [blue]d.csv" in " ".join(done.out.split())
    names = ("[red]x", ":smile:", "[/bold]", "a\\nb")
    assert any(f"{name} {sign}" in done.out for name in names for sign in ("<=", ">"))
    assert "reading [blue]d.csv" in done.err


@pytest.mark.parametrize("family", ["tree", "mlp", "boosted"])
def test_cells_at_the_limits_of_their_types_end_without_a_warning(
    crembo: Crembo, tmp_path: Path, family: str
) -> None:
    """Under --quiet nothing is printed, and noise makes no cell infinite."""
    rng = np.random.default_rng(0)
    most = float(np.finfo(np.float32).max)
    frame = pd.DataFrame({"x": rng.normal(size=120), "n": rng.integers(-9, 9, 120)})
    frame.loc[:39, "x"] = np.tile([most, -most], 20)
    frame["n"] = np.where(frame.index % 7 == 0, np.sign(frame["n"]) * (2**63 - 1), frame["n"])
    frame.to_csv("d.csv", index=False)
    right = np.where(frame["x"] > 0, 0.9, 0.1).astype(np.float32)
    pd.DataFrame({"no": 1 - right, "yes": right}).to_parquet("beliefs.parquet")
    few = ("--synthetic", "0", "--thresholds", "2", "--jobs", "1", "--json", "-q")
    refits = () if family == "tree" else ("--quick-report",)
    ran = crembo("compress", "beliefs.parquet", "d.csv", "-s", family, *few, *refits)
    assert (ran.code, ran.err) == (0, "")
    assert json.loads(ran.out)["robustness"]["noise"]["0.1"]["student"] <= 0.5
