"""--missing, --text, --number and --thousands: how features are read, as the user says."""

from __future__ import annotations

import json
import pickle
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import OneHotEncoder
from sklearn.tree import DecisionTreeClassifier

import crembo_cli as library
from crembo_cli.errors import CremboError
from tests.in_process import crembo
from tests.teachers.pairs import CODES, DIGITS, ROWS, X, assert_scores, encoded, labels_for, score


def test_missing_marks_a_known_category_as_missing(tmp_path: Path) -> None:
    """--missing wins over the teacher, in text by spelling and in numbers by value."""
    frame = pd.DataFrame({"zip": np.where(DIGITS == "10", "?", DIGITS), "x": X})
    frame["x"] = frame["x"].round(1)
    model = encoded(frame, "zip", OneHotEncoder(handle_unknown="ignore"), DIGITS == "10")
    table = frame.assign(x=frame["x"].mask(frame["x"] > 1, -999))
    done = score(tmp_path, model, table, "--missing", "?,-999")
    lacking = frame.replace({"zip": {"?": np.nan}}).assign(x=frame["x"].mask(frame["x"] > 1))
    assert_scores(tmp_path, done, model.predict_proba(lacking))


def test_missing_leaves_the_label_alone(tmp_path: Path) -> None:
    """-1 may be a class and a missing feature in one table."""
    frame = pd.DataFrame({"a": np.where(CODES == 0, -1, CODES), "b": X})
    truth = np.where(X > 0, 1, -1)
    model = DecisionTreeClassifier(max_depth=3, random_state=0).fit(
        frame.mask(frame["a"] == -1), truth
    )
    (tmp_path / "teacher.pkl").write_bytes(pickle.dumps(model))
    frame.assign(target=truth).to_csv(tmp_path / "data.csv", index=False)
    few = ["--synthetic", "200", "--thresholds", "2", "--quick-report"]
    options = ["--missing", "-1", "--max-depth", "2", "--json", *few]
    done = crembo(tmp_path, "compress", "teacher.pkl", "data.csv", *options)
    assert done.code == 0, done.err
    assert json.loads(done.out)["metrics"]["teacher"]["accuracy"] == 1.0
    assert "'a' has missing cells" in done.err or "with missing cells" in done.err


def test_text_and_number_say_what_a_column_holds(tmp_path: Path) -> None:
    """A function knows nothing about its columns; the table alone would make numbers of 007."""
    seen: list[pd.DataFrame] = []

    def teacher(frame: pd.DataFrame) -> Any:
        seen.append(frame)
        return np.full((len(frame), 2), 0.5)

    path = tmp_path / "data.csv"
    path.write_text("zip,code,n\n" + "12,007,3\n" * 20)
    library.score(teacher, path, text="zip", number="code")
    assert seen[0].iloc[0].tolist() == ["12", 7.0, 3]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"text": "zipp"}, "did you mean 'zip'"),
        ({"number": "zipp"}, "no column 'zipp'"),
        ({"text": "zip", "number": "zip"}, "'zip' is both --text and --number"),
        ({"thousands": "."}, "',' or ' ' or \"'\""),
    ],
)
def test_invalid_columns_and_separators_are_refused(
    tmp_path: Path, options: dict[str, str], message: str
) -> None:
    """With what was found."""
    (tmp_path / "data.csv").write_text("zip,n\n" + "12,3\n" * 20)
    with pytest.raises(CremboError, match=re.escape(message)):
        library.score(lambda frame: frame, tmp_path / "data.csv", **options)


@pytest.mark.parametrize(
    ("separator", "delimiter", "cells"),
    [
        (",", ",", ['"1,250"', '"17,000.5"', "900"]),
        (",", ";", ["1,250", "17,000.5", "900"]),
        (" ", ";", ["1 250", "17\u00a0000.5", "900"]),
        ("'", ",", ["1'250", "17'000.5", "900"]),
    ],
)
def test_thousands_separators_are_read_on_demand(
    tmp_path: Path, separator: str, delimiter: str, cells: list[str]
) -> None:
    """A comma as separator is then no decimal comma."""
    seen: list[pd.DataFrame] = []

    def teacher(frame: pd.DataFrame) -> Any:
        seen.append(frame)
        return np.full((len(frame), 2), 0.5)

    lines = [f"pay{delimiter}word", *(f"{cell}{delimiter}a" for cell in cells)]
    (tmp_path / "data.csv").write_text("\n".join(lines) + "\n")
    library.score(teacher, tmp_path / "data.csv", thousands=separator)
    assert seen[0]["pay"].tolist() == [1250, 17000.5, 900]


def test_a_cell_that_is_not_a_number_keeps_thousands_text(tmp_path: Path) -> None:
    """One bad cell is refused by line and column, where the teacher takes numbers."""
    frame = pd.DataFrame({"pay": X * 1e4, "x": X})
    model = LogisticRegression().fit(frame, labels_for(CODES > 2))
    table = frame.assign(pay=["17,000"] * (ROWS - 1) + ["1,70"])
    done = score(tmp_path, model, table, "--thousands", ",")
    assert done.code == 2
    assert f"line {ROWS + 1}, column 'pay'" in done.err
