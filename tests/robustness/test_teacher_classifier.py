"""A teacher as a classifier of encoded rows."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pandas as pd

from crembo_cli.dataset.encode import Encoding
from crembo_cli.robustness.teacher_classifier import UNSEEN_TEXT, TeacherClassifier
from crembo_cli.students.contract import Feature, Floats
from crembo_cli.teachers.contract import Teacher

FEATURES = (
    Feature(name="size"),
    Feature(name="age"),
    Feature(name="colour", categories=("red", "blue")),
)
ENCODING = Encoding(
    features=FEATURES,
    dtypes=(np.dtype(float), np.dtype(np.int64), np.dtype(object)),
    missing_texts=("",),
    absent=(None,) * 3,
)


def make_classifier(
    places: list[int], answers: Floats, seen: list[pd.DataFrame]
) -> TeacherClassifier:
    """A model that gives `answers` and keeps the frames of its queries in `seen`."""

    def beliefs(frame: pd.DataFrame) -> Floats:
        seen.append(frame)
        return answers[: len(frame)]

    types = ("float", "int64", "string")
    inputs = [SimpleNamespace(type=each, width=1) for each in types]
    model: Any = SimpleNamespace(inputs=inputs, beliefs=beliefs)
    return TeacherClassifier(model=cast(Teacher, model), encoding=ENCODING, places=np.array(places))


def test_rows_become_the_cells_that_the_model_takes() -> None:
    """Fractions stay where they may, whole numbers are rounded, codes become texts again."""
    rows = np.array([[0.25, 3.6, 0], [np.nan, 2, -1], [1, 7, np.nan]], np.float32)
    seen: list[pd.DataFrame] = []
    answers = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]], np.float32)
    assert make_classifier([1, 0], answers, seen).predict(rows).tolist() == [1, 0, 1]
    (frame,) = seen
    assert frame["size"].fillna(-9).tolist() == [0.25, -9, 1]
    assert frame["age"].tolist() == [4, 2, 7]
    assert frame["colour"].tolist() == ["red", UNSEEN_TEXT, None]


def test_rows_are_rounded_as_the_inputs_need() -> None:
    """Whole numbers where its input takes those; fractions and codes stay."""
    rows = np.array([[0.25, 3.6, 0], [np.nan, 2.2, -1]], np.float32)
    rounded = make_classifier([0, 1], np.zeros((0, 2), np.float32), []).as_input(rows)
    assert np.array_equal(rounded, np.float32([[0.25, 4, 0], [np.nan, 2, -1]]), equal_nan=True)
