"""The classes of a student matched with those of its teacher."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import crembo_cli as crembo
from crembo_cli.errors import StudentError, UsageError
from crembo_cli.runs.classes import match_classes

SAMPLES = Path(__file__).parent.parent.parent / "sample_models"
WINE = (SAMPLES / "wine_mlp.onnx", SAMPLES / "wine.csv")


@pytest.mark.parametrize(
    ("own", "theirs", "numbered", "places"),
    [
        (("no", "yes"), ("yes", "no"), False, [1, 0]),
        ((0, 1), (False, True), False, [0, 1]),
        (("1", "2"), (2.0, 1.0, 3.0), False, [1, 0]),
        ((0, 1), ("no", "yes"), True, [0, 1]),
    ],
)
def test_classes_are_matched_as_they_are_written(
    own: Any, theirs: Any, numbered: bool, places: list[int]
) -> None:
    """By their text, numbers by their value; by order where one side has numbers only."""
    assert match_classes(own, theirs, "s.onnx", numbered=numbered).tolist() == places


def test_other_classes_are_refused() -> None:
    """Both sides are named."""
    with pytest.raises(StudentError, match="found no, yes; wanted a, b"):
        match_classes(("no", "yes"), ("a", "b"), "s.onnx", numbered=False)
    with pytest.raises(StudentError):
        match_classes((0, 1), ("a", "b", "c"), "s.onnx", numbered=True)


def test_names_of_classes_are_in_the_report_and_its_drawings(tmp_path: Path) -> None:
    """The student's own labels stay those of its teacher: it replaces it in place."""
    path = tmp_path / "wine.onnx"
    result = crembo.compress(
        *WINE, classes="red,white,rose", quick_report=True, synthetic=0, max_depth=2, output=path
    )
    assert [each.name for each in result.report.by_class or ()] == ["red", "white", "rose"]
    assert "rose" in result.report.description
    groups = result.report.robustness.weakest_groups or ()
    assert {each.predicted for each in groups} <= {"red", "white", "rose"}
    assert result.student.classes == (0, 1, 2)
    svg = crembo.explain(path, format="svg", classes=["red", "white", "rose"]).decode()
    assert ">red<" in svg
    assert "return CLASSES" in crembo.explain(path, format="python", classes="a,b,c").decode()


def test_too_few_names_are_an_error(tmp_path: Path) -> None:
    """Before anything is fitted, and of a student's file too."""
    with pytest.raises(UsageError, match="wanted 3 names, in the order of 0, 1, 2"):
        crembo.compress(*WINE, classes="red,white", drop="target")
    path = tmp_path / "wine.onnx"
    crembo.compress(*WINE, quick_report=True, synthetic=0, student="linear", output=path)
    with pytest.raises(UsageError, match="found red; wanted 3 names"):
        crembo.explain(path, classes="red")
