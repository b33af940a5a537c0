"""`crembo explain`."""

from __future__ import annotations

from pathlib import Path

import pytest

from crembo_cli.explanations.formats import FORMATS
from tests.command_line import Crembo
from tests.explanations.edge_rows import make_case


@pytest.fixture(scope="module")
def student(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small student's file."""
    return make_case(tmp_path_factory.mktemp("student"), "tree", depth=2).path


def test_text_on_standard_output_is_what_it_does_alone(crembo: Crembo, student: Path) -> None:
    """The rules, and nothing on standard error."""
    ran = crembo("explain", student)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("tree.onnx: a tree with 4 leaves")


@pytest.mark.parametrize("form", [form for form in FORMATS if form != "png"])
def test_a_file_holds_what_standard_output_shows(
    crembo: Crembo, student: Path, tmp_path: Path, form: str
) -> None:
    """The name of --output says which form; --format says it where there is no name."""
    path = tmp_path / f"out{FORMATS[form].suffix}"
    assert crembo("explain", student, "-o", path).out == ""
    assert crembo("explain", student, "-f", form).out.encode() == path.read_bytes()


def test_format_wins_over_the_name(crembo: Crembo, student: Path, tmp_path: Path) -> None:
    """A file may be called as it likes."""
    path = tmp_path / "answer.txt"
    assert crembo("explain", student, "--format", "png", "--output", path).code == 0
    assert path.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-f", "png"], "a PNG image needs a file"),
        (["-f", "pdf"], "--format: invalid choice; found 'pdf'"),
        (["-o", "out.pdf"], "unsupported output format; found '.pdf'"),
        (["-o", "nowhere/out.svg"], "folder does not exist"),
    ],
)
def test_invalid_arguments_are_refused(
    crembo: Crembo, student: Path, tmp_path: Path, arguments: list[str], message: str
) -> None:
    """In one line, with the code 2, and nothing is written."""
    ran = crembo("explain", student, *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err
    assert ran.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_the_student_is_never_overwritten(crembo: Crembo, student: Path) -> None:
    """An output never overwrites an input."""
    before = student.read_bytes()
    ran = crembo("explain", student, "-f", "json", "-o", student)
    assert (ran.code, student.read_bytes()) == (2, before)
