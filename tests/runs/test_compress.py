"""One run: gates, replay, and outputs that are written together or not at all."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest

from crembo_cli.student_file import build as student_file
from crembo_cli.students import registry
from tests.command_line import Crembo
from tests.testing.cut import Cut, CutFamily

QUICK = ("--quick-report", "--synthetic", "0")


def test_gates_that_are_met(crembo: Crembo, beliefs: Path, data: Path) -> None:
    """All requirements met: exit code 0, and each is in the report with its value."""
    gates = ("--require", "fidelity>=0.1", "--require", "bytes<=20000")
    done = crembo("compress", beliefs, data, *QUICK, *gates, "--json")
    assert (done.code, done.err) == (0, "")
    report = json.loads(done.out)
    assert report["requirements"] == [
        {
            "expression": "fidelity>=0.1",
            "value": report["metrics"]["student"]["fidelity"],
            "met": True,
        },
        {"expression": "bytes<=20000", "value": report["student"]["size"]["bytes"], "met": True},
    ]


def test_a_gate_that_fails(crembo: Crembo, beliefs: Path, data: Path) -> None:
    """Exit code 1: the failing gate is named, the others are not, and all outputs are written."""
    gates = ("--require", "fidelity>=0.1", "--require", "leaves<1", "--report", "r.json")
    done = crembo("compress", beliefs, data, *QUICK, *gates)
    assert done.code == 1
    assert done.err.count("\n") == 1
    assert "leaves<1 (it is " in done.err
    assert "fidelity" not in done.err.partition("crembo compress")[0]
    assert "not met: leaves<1" in done.out
    assert Path("beliefs.student.onnx").is_file()
    assert [each["met"] for each in json.loads(Path("r.json").read_text())["requirements"]] == [
        True,
        False,
    ]


class LyingCut(Cut):
    """A student whose export has another threshold."""

    def to_onnx(self, rows: str, index: str, probabilities: str) -> Any:
        """The nodes of a cut elsewhere."""
        return Cut(self.threshold + 2, self.sides).to_onnx(rows, index, probabilities)


@dataclass(frozen=True, kw_only=True)
class LyingFamily(CutFamily):
    """A family with a defect."""

    student: ClassVar[type[Cut]] = LyingCut


@pytest.mark.parametrize(("family", "code"), [(CutFamily, 0), (LyingFamily, 3)])
def test_a_student_that_is_exported_wrongly_is_not_written(
    family: Any,
    code: int,
    crembo: Crembo,
    beliefs: Path,
    data: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A wrong student of a plugin is found by the replay: exit code 3, and nothing is written."""
    found = registry.family_class
    monkeypatch.setattr(
        registry, "family_class", lambda name: family if name == "cut" else found(name)
    )
    Path("beliefs.student.onnx").write_bytes(b"old")
    done = crembo("compress", beliefs, data, *QUICK, "-s", "cut", "--report", "r.json")
    assert done.code == code
    if code:
        assert done.out == ""
        assert "the exported student differs from the fitted one" in done.err
        assert done.err.count("\n") == 1
        assert Path("beliefs.student.onnx").read_bytes() == b"old"
        assert [path.name for path in Path.cwd().iterdir()] == ["beliefs.student.onnx"]


def test_outputs_are_written_together(
    crembo: Crembo, beliefs: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A report that cannot be written any more leaves the old student as it was."""
    Path("beliefs.student.onnx").write_bytes(b"old")
    Path("gone").mkdir()
    made_file = student_file.student_file

    def remove_the_folder(*arguments: Any) -> Any:
        Path("gone").rmdir()
        return made_file(*arguments)

    monkeypatch.setattr(student_file, "student_file", remove_the_folder)
    done = crembo("compress", beliefs, data, *QUICK, "--report", "gone/r.json")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("crembo: gone/r.json: the output cannot be written")
    assert done.err.count("\n") == 1
    assert Path("beliefs.student.onnx").read_bytes() == b"old"
    assert [path.name for path in Path.cwd().iterdir()] == ["beliefs.student.onnx"]
