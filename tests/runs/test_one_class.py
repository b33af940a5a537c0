"""Teachers that predict one class on every row: a rare class is ranked and seldom predicted."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

import crembo_cli as crembo
from crembo_cli.arrays import Doubles
from crembo_cli.errors import DataError

RNG = np.random.default_rng(0)
TABLE = pd.DataFrame({"a": RNG.integers(0, 10, 600), "b": RNG.normal(size=600).round(3)})
LABELS = (RNG.random(600) < np.where(TABLE.a == 9, 0.3, 0.02)).astype(int)


def rare(frame: pd.DataFrame) -> Doubles:
    """Three rows in ten where a is 9, two in a hundred elsewhere."""
    p = np.where(frame.a == 9, 0.3, 0.02)
    return np.column_stack([1 - p, p])


def alike(frame: pd.DataFrame) -> Doubles:
    """One answer for all rows."""
    return np.tile([0.9, 0.1], (len(frame), 1))


def compress(teacher: Callable[[pd.DataFrame], Doubles], **options: object) -> crembo.Result:
    """A small run of crembo."""
    table = TABLE.assign(label=LABELS)
    given = {"label": "label", "quick_report": True, "synthetic": 500, "thresholds": 3, "jobs": 1}
    return crembo.compress(teacher, table, **given, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("student", ["tree", "auto"])
def test_the_student_ranks_the_rows_as_its_teacher(student: str) -> None:
    """It predicts one class too, and is no constant: its probabilities are the teacher's."""
    result = compress(rare, student=student)
    found = np.asarray(result.student.predict_proba(TABLE))[:, 1]
    np.testing.assert_allclose(found, rare(TABLE)[:, 1], atol=0.03)


def test_a_threshold_makes_it_predict_the_rare_class() -> None:
    """From .1 on the class is predicted, as the teacher would be read."""
    result = compress(rare, decide_at=0.1)
    assert (np.asarray(result.student.predict(TABLE)) == (TABLE.a == 9)).all()


def test_a_note_names_the_options_that_help() -> None:
    """A teacher that predicts one class is seldom meant to be read by its most probable class."""
    notes = compress(rare).notes
    assert [each for each in notes if "'0' on every row" in each and "--decide-at" in each]


def test_a_teacher_that_answers_all_rows_alike_is_refused() -> None:
    """Nothing can be learnt from it."""
    with pytest.raises(DataError, match="the teacher predicts '0' on every row; found one class"):
        compress(alike)


def test_labels_of_one_class_are_refused() -> None:
    """No accuracy could be measured by them."""
    with pytest.raises(DataError, match="the label is '0' on every row"):
        crembo.compress(rare, TABLE.assign(label=0), label="label", quick_report=True)
