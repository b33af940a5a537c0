"""The exported student must predict what the fitted one predicts, or nothing is written."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crembo_cli.errors import ReplayError
from crembo_cli.student_file.build import (
    build_model,
    check_replay,
    feeds,
    model_bytes,
    rows_per_second,
    run_model,
    session,
)
from crembo_cli.student_file.outputs import label_values
from crembo_cli.student_file.signature import Signature
from crembo_cli.students.contract import Feature
from crembo_cli.teachers.contract import ModelInput
from tests.testing.cut import Cut

SIDES = np.array([[0.7, 0.3], [0.2, 0.8]], np.float32)
CLASSES = ("no", "yes")


def signature(batch: int | None = None) -> Signature:
    """One column."""
    inputs = (ModelInput(name="X", type="float", shape=(batch, 1), width=1),)
    return Signature(inputs=inputs, features=(Feature(name="a"),), missing_texts=())


def table(rows: int) -> pd.DataFrame:
    """Whole numbers from 0, whose first half a cut in the middle sends left."""
    return pd.DataFrame({"a": np.arange(float(rows))})


def replayed(student: Cut, rows: int, batch: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """The predictions of onnxruntime for a table."""
    taken = signature(batch)
    content = model_bytes(build_model(student, taken, CLASSES, {}, "1"))
    return run_model(session(content, 1), taken, table(rows), CLASSES)


def check(labels: np.ndarray, probabilities: np.ndarray, student: Cut, rows: int) -> None:
    """Compare the predictions of onnxruntime with a student in memory."""
    cells = table(rows).to_numpy(np.float32)
    check_replay(labels, probabilities, student, cells, label_values(CLASSES))


@pytest.mark.parametrize("batch", [None, 1, 3, 10, 16])
def test_the_same_student_passes(batch: int | None) -> None:
    """Rows come back one for one, whatever the batch that the teacher fixed."""
    student = Cut(4.0, SIDES)
    labels, probabilities = replayed(student, 10, batch)
    assert labels.tolist() == ["no"] * 5 + ["yes"] * 5
    np.testing.assert_array_equal(probabilities, SIDES[[0] * 5 + [1] * 5])
    check(labels, probabilities, student, 10)


@pytest.mark.parametrize("batch", [None, 3, 70_000])
def test_many_rows_come_back_in_order(batch: int | None) -> None:
    """A table longer than a block is cut between batches, so that no filler is among the rows."""
    labels, _ = replayed(Cut(69_998.0, SIDES), 70_001, batch)
    assert len(labels) == 70_001
    assert np.flatnonzero(labels == "yes").tolist() == [69_999, 70_000]


def test_blocks_are_whole_batches() -> None:
    """Of a fixed batch, the last run alone is filled up."""
    fed = [each["X"] for each in feeds(signature(3).inputs, table(65_537))]
    assert {each.shape for each in fed} == {(3, 1)}
    cells = np.concatenate(fed)[:, 0]
    np.testing.assert_array_equal(cells[:65_537], np.arange(65_537))
    assert cells[65_537:].tolist() == [65_536.0]


def test_another_threshold_is_found() -> None:
    """One row that goes the other way is enough, and it is named."""
    labels, probabilities = replayed(Cut(4.0, SIDES), 10)
    with pytest.raises(ReplayError, match=r"on 1 of 10 rows, .*'no'.*on row 4.*wanted 'yes'"):
        check(labels, probabilities, Cut(3.0, SIDES), 10)


def test_other_probabilities_are_found() -> None:
    """Where the labels agree, the probabilities must too, but for their last digits."""
    labels, probabilities = replayed(Cut(4.0, SIDES), 10)
    check(labels, probabilities, Cut(4.0, SIDES + np.float32(5e-6)), 10)
    with pytest.raises(ReplayError, match="on 10 of 10 rows"):
        check(labels, probabilities, Cut(4.0, SIDES + np.float32(2e-5)), 10)


def test_probabilities_that_are_nan_are_found() -> None:
    """NaN compares with nothing, and is no answer."""
    labels, probabilities = replayed(Cut(4.0, SIDES), 10)
    probabilities[7] = np.nan
    with pytest.raises(ReplayError, match="on 1 of 10 rows"):
        check(labels, probabilities, Cut(4.0, SIDES), 10)


def test_labels_may_differ_where_two_classes_tie() -> None:
    """Between classes that are equal up to rounding, either label is right; elsewhere one is."""
    even = Cut(4.0, np.array([[0.500001, 0.499999], [0.2, 0.8]], np.float32))
    labels, probabilities = replayed(even, 10)
    labels[0] = "yes"
    check(labels, probabilities, even, 10)
    labels[9] = "no"
    with pytest.raises(ReplayError, match="on 1 of 10 rows"):
        check(labels, probabilities, even, 10)


@pytest.mark.parametrize("batch", [None, 4])
def test_speed_is_measured(batch: int | None) -> None:
    """The rate is that of a whole run: of a batch where that is fixed."""
    taken = signature(batch)
    content = model_bytes(build_model(Cut(1.0, SIDES), taken, CLASSES, {}, "1"))
    assert 100 < rows_per_second(session(content, 1), taken, table(10)) < 1e9
