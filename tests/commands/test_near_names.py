"""A name that is nearly right is answered with the right one, whatever it names."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from crembo_cli.errors import suggest
from tests import small_teachers
from tests.command_line import Crembo


def test_the_nearest_name_is_suggested_else_all_are_listed() -> None:
    """Letters' case, dashes and underscores count little."""
    assert suggest("max_depth", ["max-depth", "seed"]) == {"hint": "did you mean 'max-depth'?"}
    assert suggest("--sed", ["--seed"]) == {"hint": "did you mean --seed?"}
    assert suggest("x", ["a", "b c"], "look it up") == {
        "wanted": "a or 'b c'",
        "hint": "look it up",
    }
    many = [f"n{number}" for number in range(20)]
    assert suggest("zzz", many)["wanted"].endswith("n14, n15, ... (20 in all)")
    assert suggest("zzz", []) == {}


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (["--label", "Targt"], "data.csv, --label: no column 'Targt'; did you mean 'target'?"),
        (["--label", "TARGET"], "no column 'TARGET'; did you mean 'target'?"),
        (["--drop", "targets"], "data.csv, --drop: no column 'targets'; did you mean 'target'?"),
        (["--label", "zz"], "no column 'zz'; wanted one of a, b, c, d, target"),
        (["--require", "fidelty>=1"], "unknown metric 'fidelty'; did you mean 'fidelity'?"),
        (["-s", "boostd"], "unknown student family 'boostd'; did you mean 'boosted'?"),
        (["--set", "alhpa=1"], "family 'tree' has no option 'alhpa'; did you mean 'alpha'?"),
        (
            ["--algorithm", "meno"],
            "--algorithm: invalid choice; found 'meno'; did you mean 'memo'",
        ),
        (["--report", "a.htm"], "--report: unsupported output format; found 'a.htm'; did you mean"),
        (
            ["-o", "a.onx"],
            "--output: unsupported output format; found 'a.onx'; did you mean '.on",
        ),
    ],
)
def test_compress_suggests_the_name(
    options: list[str], line: str, crembo: Crembo, beliefs: Path, data: Path
) -> None:
    """Columns, metrics, families, their options, choices and formats."""
    done = crembo("compress", beliefs, data, *options)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert line in done.err


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (["--decide-at", "chrun=0.2"], "unknown class 'chrun'; did you mean 'churn'?"),
        (["--class-weight", "staay=2"], "found staay=2; did you mean 'stay'?"),
        (["--cost", "churn:stya=2"], "invalid cost; did you mean 'stay'?"),
        (["--cost", "1:2=2"], "wanted TRUE:PREDICTED=VALUE with the classes churn, stay"),
    ],
)
def test_classes_are_suggested(
    options: list[str], line: str, crembo: Crembo, tmp_path: Path, data: Path
) -> None:
    """Wherever an option names one."""
    import pandas as pd

    shares = np.linspace(0.1, 0.9, small_teachers.ROWS)
    frame = pd.DataFrame({"churn": shares, "stay": 1 - shares})
    frame.to_csv(tmp_path / "beliefs.csv", index=False)
    done = crembo("compress", "beliefs.csv", data, "--drop", "target", *options)
    assert done.code == 2
    assert line in done.err


def test_a_class_of_a_student_is_suggested(
    crembo: Crembo, beliefs: Path, data: Path, tmp_path: Path
) -> None:
    """And a format of `explain`, and its suffix."""
    fast = ("--synthetic", "0", "--quick-report", "-o", "s.onnx")
    assert crembo("compress", beliefs, data, *fast).code == 0
    explain = ("explain", "s.onnx")
    assert "did you mean 'python'?" in crembo(*explain, "-f", "pyhton").err
    assert "did you mean '.svg'?" in crembo(*explain, "-o", "a.svgg").err
    assert "no such file; did you mean 's.onnx'?" in crembo("explain", "s.onx").err


def test_a_teacher_is_not_a_student(
    crembo: Crembo, tmp_path: Path, teacher: Path, data: Path
) -> None:
    """`explain` says how to make one; a pickle is not opened for it."""
    model = LogisticRegression().fit(np.eye(4), [0, 1, 0, 1])
    (tmp_path / "lgbm.pkl").write_bytes(pickle.dumps(model))
    line = "lgbm.pkl is a teacher; make a student first: crembo compress lgbm.pkl DATA"
    assert crembo("explain", "lgbm.pkl").err == f"crembo: {line}\n"
    assert crembo("evaluate", "lgbm.pkl", data).err == f"crembo: {line}\n"
    done = crembo("explain", teacher)
    assert done.code == 2
    assert "teacher.onnx is a teacher; found an ONNX model" in done.err
    assert f"make a student first: crembo compress {teacher} DATA" in done.err


@pytest.mark.parametrize("command", ["compress", "score", "evaluate"])
def test_swapped_arguments_are_noticed(
    command: str, crembo: Crembo, teacher: Path, data: Path
) -> None:
    """A saved model in the place of the table."""
    done = crembo(command, data, teacher)
    other = "STUDENT" if command == "evaluate" else "TEACHER"
    assert done.code == 2
    assert f"DATA is a saved model, not a table: {teacher}" in done.err
    assert f"did you swap {other} and DATA?" in done.err


def test_addresses_are_refused_as_they_were_given(
    crembo: Crembo, teacher: Path, data: Path
) -> None:
    """Not as the path s3:/bucket; for students and for outputs."""
    line = "addresses are not supported; copy the file to this machine"
    for arguments in (
        ("explain", "s3://bucket/model.pkl"),
        ("evaluate", "s3://bucket/model.pkl", data),
        ("compress", teacher, data, "-o", "s3://bucket/model.pkl.onnx"),
        ("score", teacher, data, "-o", "s3://bucket/model.pkl.csv"),
    ):
        done = crembo(*arguments)
        assert done.code == 2
        assert "crembo: s3://bucket/model.pkl" in done.err
        assert line in done.err
