"""A student's file is made and replayed on all rows, or an error gives the reason."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnxruntime
import pandas as pd
import pytest

from crembo_cli.errors import ReplayError
from crembo_cli.student_file.build import student_file
from crembo_cli.student_file.signature import Signature
from crembo_cli.students.contract import Feature
from crembo_cli.teachers.contract import ModelInput
from tests.testing.cut import Cut

SIDES = np.array([[0.7, 0.3], [0.2, 0.8]], np.float32)
SIGNATURE = Signature(
    inputs=(ModelInput(name="X", type="float", shape=(None, 1), width=1),),
    features=(Feature(name="a"),),
    missing_texts=(),
)


@dataclass
class Rows:
    """What a file is replayed on: a frame, and the same as students take it."""

    frame: pd.DataFrame
    rows: np.ndarray


def rows(*cells: float) -> Any:
    """A table of one column."""
    frame = pd.DataFrame({"a": cells})
    return Rows(frame, frame.to_numpy(np.float32))


class Liar(Cut):
    """A student whose export has the threshold of another."""

    def to_onnx(self, rows: str, index: str, probabilities: str) -> Any:
        """The nodes of a cut at 5."""
        return Cut(5.0, self.sides).to_onnx(rows, index, probabilities)


def test_a_file_is_described() -> None:
    """Its bytes, their sum and a session that runs them."""
    file = student_file(Cut(2.0, SIDES), SIGNATURE, (0, 1), {"k": "v"}, "1", [rows(1, 2, 3)], 1)
    assert file.sha256 == hashlib.sha256(file.content).hexdigest()
    labels, _ = file.running.run(None, {"X": np.array([[1.0], [3.0]], np.float32)})
    assert labels.tolist() == [0, 1]


@pytest.mark.parametrize("names", [("student_cell",), ("student_cell_", "student_cell")], ids=str)
def test_inputs_may_have_names_of_the_students_own_tensors(names: tuple[str, ...]) -> None:
    """The input keeps its name, and the tensor gets another."""
    inputs = tuple(ModelInput(name=name, type="float", shape=(None, 1), width=1) for name in names)
    features = tuple(Feature(name=name) for name in names)
    signature = Signature(inputs=inputs, features=features, missing_texts=())
    frame = pd.DataFrame({name: [1.0, 6.0, 7.0] for name in names})
    given = Rows(frame, frame.to_numpy(np.float32))
    content = student_file(Cut(2.0, SIDES), signature, (0, 1), {}, "1", [given], 1).content
    session = onnxruntime.InferenceSession(content)
    assert [each.name for each in session.get_inputs()] == list(names)
    column = np.array([[1], [6], [7]], np.float32)
    assert session.run(["label"], dict.fromkeys(names, column))[0].tolist() == [0, 1, 1]


def test_threads_are_not_part_of_a_file() -> None:
    """The same student makes the same bytes on one thread and on two."""
    one, two = (
        student_file(Cut(2.0, SIDES), SIGNATURE, (0, 1), {}, "1", [rows(1, 2)], threads).content
        for threads in (1, 2)
    )
    assert one == two


def test_every_part_of_the_rows_is_replayed() -> None:
    """A student that answers otherwise on rows of the last part alone makes no file."""
    parts = [rows(1, 2), rows(6, 7), rows(1, 3)]
    assert student_file(Liar(2.0, SIDES), SIGNATURE, (0, 1), {}, "1", parts[:2], 1).content
    with pytest.raises(ReplayError, match="on 1 of 2 rows"):
        student_file(Liar(2.0, SIDES), SIGNATURE, (0, 1), {}, "1", parts, 1)
