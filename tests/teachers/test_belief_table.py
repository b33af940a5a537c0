"""Tests of crembo_cli.teachers.belief_table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from crembo_cli.errors import TeacherError
from crembo_cli.teachers.belief_table import parse_classes
from tests.teachers.conftest import Loader

BELIEFS = pd.DataFrame({"no": [0.25, 0.5, 1.0], "yes": [0.75, 0.5, 0.0]})


def saved(frame: pd.DataFrame, path: Path) -> Path:
    """The frame as CSV or Parquet."""
    if path.suffix == ".csv":
        frame.to_csv(path, index=False)
    else:
        frame.to_parquet(path)
    return path


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_rows_are_picked_by_their_numbers(tmp_path: Path, teacher: Loader, suffix: str) -> None:
    """The index of the frame tells which rows are asked for."""
    path = saved(BELIEFS, tmp_path / f"beliefs{suffix}")
    loaded = teacher(path)
    assert loaded.format == "beliefs"
    assert loaded.classes == ("no", "yes")
    assert not loaded.answers_new_rows
    assert loaded.rows == 3
    assert loaded.bytes == path.stat().st_size
    assert len(loaded.sha256) == 64
    beliefs = loaded.beliefs(pd.DataFrame({"x": [1, 2]}, index=[2, 0]))
    assert beliefs.dtype == np.float32
    np.testing.assert_array_equal(beliefs, [[1, 0], [0.25, 0.75]])


def test_hard_labels_are_the_most_probable(tmp_path: Path, teacher: Loader) -> None:
    """--hard-labels makes a table's beliefs certain, and says so."""
    loaded = teacher(saved(BELIEFS, tmp_path / "beliefs.csv"), hard_labels=True)
    frame = pd.DataFrame(index=range(3))
    np.testing.assert_array_equal(loaded.beliefs(frame), [[0, 1], [1, 0], [1, 0]])
    assert "--hard-labels" in loaded.output_format


def test_a_row_beyond_the_table_is_refused(tmp_path: Path, teacher: Loader) -> None:
    """More rows of data than of beliefs is an error, not a repetition."""
    loaded = teacher(saved(BELIEFS, tmp_path / "beliefs.csv"))
    with pytest.raises(TeacherError, match="3 rows, but the data has a row 4"):
        loaded.beliefs(pd.DataFrame(index=range(4)))


def test_a_table_has_no_speed(tmp_path: Path, teacher: Loader) -> None:
    """A table predicts nothing, so there is nothing to time."""
    loaded = teacher(saved(BELIEFS, tmp_path / "beliefs.csv"))
    with pytest.raises(TeacherError, match="no prediction speed"):
        loaded.rows_per_second(pd.DataFrame(index=range(3)))


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (
            {"a": [0.5, 0.6], "b": [0.5, 0.5]},
            r"line 3: the class probabilities of a row do not sum to 1; found 1\.1",
        ),
        (
            {"a": [0.5, 1.5], "b": [0.5, -0.5]},
            r"line 3, column 'a': invalid probability; found 1\.5",
        ),
        (
            {"a": [0.5, None], "b": [0.5, 0.5]},
            r"line 3, column 'a': invalid probability; found nan",
        ),
        (
            {"a": [0.5, 0.5], "b": ["x", "y"]},
            r"column 'b': text in a table of class probabilities; found 'x'",
        ),
        ({"a": [1.0, 1.0]}, "too few columns in a table of class probabilities; found 1"),
        ({"id": [1, 2], "a": [0.5, 0.5], "b": [0.5, 0.5]}, "column 'id': invalid prob"),
    ],
)
def test_invalid_probabilities_are_refused_with_their_place(
    tmp_path: Path, teacher: Loader, columns: dict[str, Any], message: str
) -> None:
    """Sums, ranges, text, missing cells and columns that are no classes."""
    with pytest.raises(TeacherError, match=message):
        teacher(saved(pd.DataFrame(columns), tmp_path / "beliefs.csv"))


def test_a_rounded_sum_is_corrected(tmp_path: Path, teacher: Loader) -> None:
    """What was rounded to three digits elsewhere is divided by its sum here."""
    table = pd.DataFrame({"a": [0.333], "b": [0.333], "c": [0.3335]})
    (row,) = teacher(saved(table, tmp_path / "beliefs.csv")).beliefs(pd.DataFrame(index=[0]))
    assert row.sum() == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("largest", [1.0000001, 1.00001])
def test_a_table_may_hold_what_a_model_may_return(
    tmp_path: Path, teacher: Loader, largest: float
) -> None:
    """Models and tables have the same tolerance for the range of a probability."""
    table = pd.DataFrame({"a": [largest], "b": [0.0]})
    loaded = teacher(saved(table, tmp_path / "beliefs.csv"))
    np.testing.assert_allclose(loaded.beliefs(pd.DataFrame(index=[0])), [[1, 0]], atol=1e-6)


@pytest.mark.parametrize(
    ("names", "classes"),
    [
        (["0", "1", "2"], (0, 1, 2)),
        (["-1", "1"], (-1, 1)),
        (["01", "1"], ("01", "1")),
        (["0.5", "2.0"], (0.5, 2.0)),
        (["True", "False"], (True, False)),
        (["no", "1"], ("no", "1")),
        (["nan", "inf"], ("nan", "inf")),
    ],
)
def test_names_are_labels_as_they_print(names: list[str], classes: tuple[Any, ...]) -> None:
    """A name is a number only where all are, and where the number prints as the name."""
    found = parse_classes(names)
    assert repr(found) == repr(classes)
