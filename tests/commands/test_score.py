"""`crembo score`: the teacher's beliefs as a table."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnxruntime
import pandas as pd
import pytest

from crembo_cli.commands.app import run
from tests import small_teachers

SAMPLES = Path(__file__).parents[2] / "sample_models"
WINE = [str(SAMPLES / "wine_mlp.onnx"), str(SAMPLES / "wine.csv")]


def asked() -> np.ndarray:
    """What onnxruntime says of the wine table, row by row."""
    rows = pd.read_csv(WINE[1]).iloc[:, :13].to_numpy(np.float32)
    session = onnxruntime.InferenceSession(WINE[0], providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, {session.get_inputs()[0].name: rows})[0])


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_beliefs_are_written_row_by_row(suffix: str, tmp_path: Path) -> None:
    """One column per class, named by it; rows in the table's order; the teacher's own numbers."""
    path = tmp_path / f"beliefs{suffix}"
    assert run(["score", *WINE, "-o", str(path)]) == 0
    table = pd.read_csv(path) if suffix == ".csv" else pd.read_parquet(path)
    assert table.columns.tolist() == ["0", "1", "2"]
    np.testing.assert_allclose(table.to_numpy(), asked(), atol=1e-6)


def test_without_output_the_table_goes_to_standard_output(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """CSV and nothing else is on standard output."""
    assert run(["score", *WINE]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "0,1,2"
    assert len(lines) == 1 + len(asked())


def test_json_describes_the_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--json` tells rows, classes and how the beliefs were read."""
    path = tmp_path / "beliefs.csv"
    assert run(["score", *WINE, "-o", str(path), "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert summary["rows"] == len(asked())
    assert summary["classes"] == [0, 1, 2]
    assert summary["output"] == str(path)
    assert summary["teacher"]["output_format"]


def test_a_teacher_is_queried_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What `score` writes is a teacher for `compress`."""
    path = tmp_path / "beliefs.parquet"
    assert run(["score", *WINE, "-o", str(path), "-q"]) == 0
    student = tmp_path / "student.onnx"
    assert run(["compress", str(path), WINE[1], "-q", "-o", str(student)]) == 0
    assert student.exists()
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--json"], "standard output cannot hold both"),
        (["-o", "beliefs.txt"], "wanted .csv or .parquet"),
        (["-o", WINE[1]], "would overwrite an input"),
        (["--drop", "alcohol,ash"], "found 11 columns"),
    ],
)
def test_invalid_arguments_are_refused(
    words: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One line on standard error, exit code 2, nothing written."""
    monkeypatch.chdir(tmp_path)
    assert run(["score", *WINE, *words]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert message in shown.err
    assert len(shown.err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_label_taken_as_a_feature_is_noted(capsys: pytest.CaptureFixture[str]) -> None:
    """Where the count fits only with the column `target`, that is said on standard error."""
    assert run(["score", *WINE, "--drop", "alcohol"]) == 0
    assert "column 'target' is used as a feature" in capsys.readouterr().err


def test_escape_sequences_in_class_names_never_reach_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The header has them escaped, on standard output and in a CSV file."""
    teacher = small_teachers.teacher(tmp_path / "t.onnx", labels=["\x1b[31mred", "b\x9b", "c"])
    small_teachers.table().to_csv(tmp_path / "d.csv", index=False)
    words = ["score", str(teacher), str(tmp_path / "d.csv")]
    assert run(words) == 0
    assert capsys.readouterr().out.splitlines()[0] == "\\x1b[31mred,b\\x9b,c"
    assert run([*words, "-o", str(tmp_path / "p.csv")]) == 0
    assert (tmp_path / "p.csv").read_text().startswith("\\x1b[31mred,b\\x9b,c\n")
