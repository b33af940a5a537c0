"""Tests of crembo_cli.dataset.notes."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from crembo_cli.dataset.columns import Columns
from crembo_cli.dataset.notes import list_notes
from tests.dataset.conftest import table_of
from tests.in_process import crembo

N = 24
COUNT = np.arange(N)
CELLS = {
    "plain": COUNT % 5 * 0.25,
    "few": COUNT % 3,
    "continuous": COUNT * 0.1,
    "id": COUNT + 100,
    "key": [f"k{i}" for i in COUNT],
    "text": [f"k{i % 4}" for i in COUNT],
    "one": np.ones(N),
    "word": ["x"] * N,
    "none": np.full(N, np.nan),
    "holes": np.where(COUNT % 7 == 0, np.nan, COUNT % 5),
    "gaps": [None if i % 3 else f"k{i % 2}" for i in COUNT],
    "code": [f"{i % 9:03}" for i in COUNT],
    "large": (COUNT % 2) * (2**24 + 1),
    "huge": (COUNT % 2) * (2**53 + 1),
    "whole": (COUNT % 2) * 1e300,
    "exact": (COUNT % 2) * 2**30,
    "other": COUNT,
}


def notes_on(*names: str, extra: tuple[str, ...] = ()) -> list[str]:
    """Return the notes on these features."""
    return list_notes(table_of(**CELLS), Columns(label=None, features=names, extra=extra))


def test_each_note_names_the_columns_that_it_holds_for() -> None:
    """A column is in no other note."""
    names = tuple(name for name in CELLS if name != "other")
    assert notes_on(*names, extra=("other",)) == [
        "column ignored (neither label nor feature): 'other'",
        "2 columns with a different value in each row, like an identifier: 'id', 'key'",
        "3 columns with at most one distinct value: 'one', 'word', 'none'",
        "3 columns with missing cells: 'none', 'holes', 'gaps'",
        "column read as text, because of digits with a leading zero: 'code'",
        "3 columns with whole numbers beyond 2^24, which the student rounds to float32:"
        " 'large', 'huge', 'whole'",
    ]


def test_plain_columns_have_no_notes() -> None:
    """Most columns are of no interest."""
    assert notes_on("plain", "few", "continuous", "text", "exact") == []


def test_distinct_values_in_a_small_table_are_not_an_identifier() -> None:
    """Three rows with three values are nothing special."""
    table = table_of(a=[1, 2, 3], b=["x", "y", "z"])
    assert list_notes(table, Columns(label=None, features=("a", "b"), extra=())) == []


def test_a_feature_called_y_is_noted_once(tmp_path: Path) -> None:
    """The command line prints each note once."""
    rows = np.random.default_rng(0).normal(size=(80, 2))
    labels = (rows[:, 0] > rows[:, 1]).astype(int)
    teacher = LogisticRegression().fit(rows, labels)
    (tmp_path / "teacher.pkl").write_bytes(pickle.dumps(teacher))
    pd.DataFrame(rows, columns=["x", "y"]).to_csv(tmp_path / "data.csv", index=False)
    done = crembo(
        tmp_path, "compress", "teacher.pkl", "data.csv", "--max-depth", "2", "-o", "s.onnx"
    )
    assert done.code == 0, done.err
    assert done.err.count("'y'") == 1
