"""The probabilities of a student in each form of its outputs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pandas as pd
import pytest

import crembo_cli as crembo
from crembo_cli.errors import DataError, UsageError
from crembo_cli.report.model import Report
from crembo_cli.search import defaults

ROWS = pd.DataFrame({"size": [0.2, 2.0, 2.5, 0.4] * 20, "colour": ["red", "blue"] * 40})


class Teacher:
    """A small size is the first class, a large one the second."""

    def __init__(self, classes: list[str] | list[int], size: str = "size") -> None:
        self.classes_, self.size = np.array(classes), size

    def predict(self, rows: pd.DataFrame) -> np.ndarray:
        """The label of each row."""
        return self.classes_[self.predict_proba(rows).argmax(axis=1)]

    def predict_proba(self, rows: pd.DataFrame) -> np.ndarray:
        """By the size alone."""
        second = np.where(rows[self.size] > 1, 0.8, 0.1)
        return np.column_stack([1 - second, second])


def student(outputs: str, *classes: str | int) -> crembo.Result:
    """A tree of one split."""
    teacher = Teacher(list(classes or ("a", "b")))
    return crembo.compress(teacher, ROWS, outputs=outputs, quick_report=True, synthetic=0)


def session_of(result: crembo.Result) -> onnxruntime.InferenceSession:
    """The student as others open it."""
    return onnxruntime.InferenceSession(result.content, providers=["CPUExecutionProvider"])


FEEDS = {
    "size": np.array([[0.2], [2.0]], np.float32),
    "colour": np.array([["red"], ["blue"]], object),
}


def test_a_tensor_is_the_default() -> None:
    """One output (rows, classes)."""
    label, probabilities = session_of(student(defaults.OUTPUTS)).run(None, FEEDS)
    assert label.tolist() == ["a", "b"]
    assert probabilities == pytest.approx(np.array([[0.9, 0.1], [0.2, 0.8]]), abs=0.02)
    assert probabilities.sum(axis=1) == pytest.approx([1, 1])


def test_columns_are_one_output_per_class() -> None:
    """As a frame has them: MLflow and SQL Server take no matrix."""
    session = session_of(student("columns"))
    assert [each.name for each in session.get_outputs()] == [
        *("label", "probability_a", "probability_b")
    ]
    label, first, second = session.run(None, FEEDS)
    assert label.tolist() == ["a", "b"]
    plain = session_of(student(defaults.OUTPUTS)).run(None, FEEDS)[1]
    assert np.column_stack([first, second]).tolist() == plain.tolist()


def test_a_zipmap_is_one_dictionary_per_row() -> None:
    """By class, with the labels as keys."""
    label, rows = session_of(student("zipmap")).run(None, FEEDS)
    assert label.tolist() == ["a", "b"]
    plain = session_of(student(defaults.OUTPUTS)).run(None, FEEDS)[1]
    assert rows == [dict(zip("ab", row, strict=True)) for row in plain.tolist()]
    numbers = session_of(student("zipmap", 10, 9)).run(None, FEEDS)[1]
    assert numbers == [dict(zip((10, 9), row, strict=True)) for row in plain.tolist()]


@pytest.mark.parametrize("outputs", defaults.OUTPUT_FORMS)
def test_crembo_reads_every_form(outputs: str, tmp_path: Path) -> None:
    """The library predicts with it, and `evaluate` measures it; the classes keep their order."""
    result = student(outputs, "zwei", "eins")
    assert result.student.predict(ROWS[:2]).tolist() == ["zwei", "eins"]
    plain = student(defaults.OUTPUTS, "zwei", "eins").student.predict_proba(ROWS[:2])
    assert result.student.predict_proba(ROWS[:2]).tolist() == plain.tolist()
    result.save(tmp_path / "s.onnx")
    table = ROWS.assign(label=np.where(ROWS["size"] > 1, "eins", "zwei"))
    report: Report = crembo.evaluate(tmp_path / "s.onnx", table, label="label").report
    assert report.metrics["student"].accuracy == 1
    assert report.metrics["student"].log_loss == pytest.approx(-np.log(plain.max(axis=1)).mean())


def test_an_input_with_the_name_of_an_output_is_refused() -> None:
    """Before anything is fitted for long."""
    rows = ROWS.rename(columns={"size": "probability_a"})
    teacher = Teacher(["a", "b"], "probability_a")
    with pytest.raises(DataError, match=r"input 'probability_a'.*rename the column"):
        crembo.compress(teacher, rows, outputs="columns", quick_report=True)
    result = crembo.compress(teacher, rows, quick_report=True, synthetic=0)
    assert result.student.features == ("probability_a", "colour")


def test_another_form_is_refused() -> None:
    """With the nearest word."""
    with pytest.raises(UsageError, match=r"--outputs: invalid choice.*did you mean 'zipmap'"):
        student("zip-map")
