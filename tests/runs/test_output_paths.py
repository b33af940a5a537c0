"""Outputs are looked at before the work begins, and an input is never overwritten."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from crembo_cli.errors import OutputError, UsageError
from crembo_cli.runs.options import check_outputs


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a teacher and its table."""
    monkeypatch.chdir(tmp_path)
    Path("teacher.onnx").write_bytes(b"teacher")
    Path("data.csv").write_bytes(b"data")
    return tmp_path


def test_good_outputs_pass_and_nothing_is_left(folder: Path) -> None:
    """Paths that can be written are accepted, and looking at them writes nothing."""
    Path("old.onnx").write_bytes(b"old")
    for student in ("new.onnx", "old.onnx", str(folder / "NEW.ONNX")):
        check_outputs(Path(student), [Path("r.json")], [Path("teacher.onnx"), None])
    assert sorted(path.name for path in folder.iterdir()) == [
        "data.csv",
        "old.onnx",
        "teacher.onnx",
    ]


@pytest.mark.parametrize("path", ["teacher.onnx", "./teacher.onnx", "link.onnx", "hard.onnx"])
def test_an_input_is_never_an_output(folder: Path, path: str) -> None:
    """Not under its own name, not through a symbolic link, not through a hard one."""
    Path("link.onnx").symlink_to("teacher.onnx")
    os.link("teacher.onnx", "hard.onnx")
    with pytest.raises(OutputError, match=r"\.onnx: the output would overwrite an input"):
        check_outputs(Path(path), [], [Path("teacher.onnx"), Path("data.csv"), None])
    Path("report.json").symlink_to("data.csv")
    with pytest.raises(OutputError, match=r"report\.json: the output would overwrite an input"):
        check_outputs(
            Path("s.onnx"), [Path("report.json")], [Path("teacher.onnx"), Path("data.csv")]
        )


@pytest.mark.parametrize("path", ["student", "student.csv", "", "student.onnx.txt"])
def test_a_student_is_an_onnx_file(folder: Path, path: str) -> None:
    """Another extension is a slip of the pen."""
    with pytest.raises(UsageError, match=r"--output.*ends in \.onnx"):
        check_outputs(Path(path), [], [])
    with pytest.raises(UsageError, match=r"--report.*ends in \.json"):
        check_outputs(Path("s.onnx"), [Path(path)], [])


@pytest.mark.parametrize("second", ["r.json", "./r.json", "link.json"])
def test_two_outputs_have_two_places(folder: Path, second: str) -> None:
    """Two reports at one path, however it is spelled, are refused."""
    Path("link.json").symlink_to("r.json")
    with pytest.raises(UsageError, match="same path"):
        check_outputs(Path("s.onnx"), [Path("r.json"), Path(second)], [])
