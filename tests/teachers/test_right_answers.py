"""Teachers and tables of public bug reports: `crembo score` returns the model's probabilities."""

from __future__ import annotations

import json
import pickle
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder
from sklearn.tree import DecisionTreeClassifier

from crembo_cli import load_student
from tests.in_process import crembo
from tests.teachers.pairs import (
    CASES,
    CODES,
    DIGITS,
    RNG,
    ROWS,
    X,
    assert_scores,
    encoded,
    labels_for,
    score,
    xgboost_codes,
)

FEW = ("--synthetic", "500", "--thresholds", "2", "--quick-report")


@pytest.mark.parametrize("case", CASES)
def test_scores_are_the_probabilities_of_the_model(tmp_path: Path, case: str) -> None:
    """A table read from CSV gets the probabilities that the model gives to its own table."""
    model, trained, table = CASES[case]()
    done = score(tmp_path, model, table)
    assert_scores(tmp_path, done, model.predict_proba(trained))


def test_a_question_mark_that_is_not_a_category_is_missing_and_noted(tmp_path: Path) -> None:
    """The note counts the cells."""
    frame = pd.DataFrame({"zip": pd.Series(DIGITS, dtype="str"), "x": X})
    frame.loc[:9, "zip"] = np.nan
    model = encoded(frame, "zip", OneHotEncoder(), DIGITS == "21")
    done = score(tmp_path, model, frame.fillna({"zip": "?"}))
    assert "10 cells '?' of column 'zip' are read as missing" in done.err
    assert_scores(tmp_path, done, model.predict_proba(frame))


def test_a_student_reads_a_spelling_of_missing_in_each_column_as_its_teacher(
    tmp_path: Path,
) -> None:
    """A question mark is a category in one column and missing in the next one."""
    work, home = RNG.choice(["?", "p", "s"], ROWS), RNG.choice(["x", "y", None], ROWS)
    frame = pd.DataFrame({"work": work, "home": home, "x": X})
    columns = make_column_transformer((OneHotEncoder(), ["work", "home"]), remainder="passthrough")
    model = make_pipeline(columns, DecisionTreeClassifier(max_depth=3))
    model.fit(frame, (work == "?") ^ pd.isna(home))
    raw = frame.fillna({"home": "?"})
    (tmp_path / "teacher.pkl").write_bytes(pickle.dumps(model))
    raw.to_csv(tmp_path / "data.csv", index=False)
    options = ["--max-depth", "3", *FEW, "-o", "student.onnx"]
    assert crembo(tmp_path, "compress", "teacher.pkl", "data.csv", *options).code == 0
    student = load_student(tmp_path / "student.onnx")
    assert student.predict(raw).tolist() == model.predict(frame).tolist()


def test_text_for_category_codes_is_refused_by_column(tmp_path: Path) -> None:
    """XGBoost without stored categories takes whole numbers only."""
    model, _, table = xgboost_codes()
    done = score(tmp_path, model, table.assign(code=np.where(CODES > 2, "a", "b")))
    assert done.code == 2
    assert "column 'code': expected a number" in done.err


def test_thousands_separators_are_refused_by_line_and_column(tmp_path: Path) -> None:
    """The message says what to do."""
    frame = pd.DataFrame({"pay": X * 1e4, "x": X})
    model = LogisticRegression().fit(frame, labels_for(CODES > 2))
    done = score(tmp_path, model, frame.assign(pay="17,000"))
    assert done.code == 2
    assert "line 2, column 'pay'" in done.err
    assert "--thousands ," in done.err


def test_labels_of_a_threshold_are_noted(tmp_path: Path) -> None:
    """The note names the threshold that explains the labels."""
    frame = pd.DataFrame({"a": X, "b": CODES * 1.0})
    model = FixedThresholdClassifier(
        LogisticRegression(), threshold=0.15, response_method="predict_proba"
    ).fit(frame, (X + RNG.normal(size=ROWS) > 1).astype(int))
    done = score(tmp_path, model, frame)
    assert "predicted label is not its most probable class" in done.err
    assert "it uses the threshold 0.15" in done.err
    assert_scores(tmp_path, done, model.predict_proba(frame))


def test_a_column_of_lists_is_ignored(tmp_path: Path) -> None:
    """Lists of text are neither numbers nor text."""
    frame = pd.DataFrame({"a": X})
    model = DecisionTreeClassifier(max_depth=2).fit(frame, labels_for(CODES > 2))
    frame.assign(tags=[["x", "y"]] * ROWS).to_parquet(tmp_path / "data.parquet")
    (tmp_path / "teacher.pkl").write_bytes(pickle.dumps(model))
    done = crembo(tmp_path, "score", "teacher.pkl", "data.parquet", "-o", "out.parquet")
    assert_scores(tmp_path, done, model.predict_proba(frame))


def test_a_transformer_of_frames_gets_a_frame(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model that knows neither names nor a number of features gets the names of the table."""
    (tmp_path / "own_features.py").write_text(
        "from sklearn.base import BaseEstimator, TransformerMixin\n"
        "class Ratio(TransformerMixin, BaseEstimator):\n"
        "    def fit(self, X, y=None):\n"
        "        self.fitted_ = True\n"
        "        return self\n"
        "    def transform(self, X):\n"
        "        return X.assign(r=X['a'] / (1 + X['b'].abs()))\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=":")
    import own_features  # type: ignore[import-not-found]  # written above

    frame = pd.DataFrame({"a": X, "b": RNG.normal(size=ROWS)})
    model = make_pipeline(own_features.Ratio(), DecisionTreeClassifier(max_depth=3))
    model.fit(frame, (frame["b"] < X).astype(int))
    done = score(tmp_path, model, frame, "--trust-pickle")
    del sys.modules["own_features"]
    assert_scores(tmp_path, done, model.predict_proba(frame))


def test_a_teacher_that_refuses_noise_can_be_compressed(tmp_path: Path) -> None:
    """Noise invents codes that an encoder does not know."""
    branch = RNG.choice([1, 2, 5, 10, 40], ROWS)
    frame = pd.DataFrame({"branch": branch, "x": X})
    model = encoded(frame, "branch", OneHotEncoder(), np.isin(branch, [2, 10]))
    (tmp_path / "teacher.pkl").write_bytes(pickle.dumps(model))
    frame.to_csv(tmp_path / "data.csv", index=False)
    options = ["--max-depth", "2", "--synthetic", "500", "--thresholds", "2", "-o", "student.onnx"]
    done = crembo(tmp_path, "compress", "teacher.pkl", "data.csv", *options)
    assert done.code == 0, done.err


@pytest.mark.parametrize("encoder", [OneHotEncoder(handle_unknown="ignore"), OrdinalEncoder()])
def test_categories_of_an_onnx_encoder_are_never_missing(tmp_path: Path, encoder: Any) -> None:
    """Nor are the texts of a text input read as numbers or booleans."""
    from skl2onnx import to_onnx
    from skl2onnx.common.data_types import FloatTensorType, StringTensorType

    frame = pd.DataFrame(
        {
            "work": RNG.choice(["?", "NA", "10"], ROWS),
            "member": np.where(CODES > 2, "True", "False"),
            "size": RNG.choice(["1.50", "2.25"], ROWS),
            "x": X.astype(np.float32),
        }
    )
    columns = make_column_transformer(
        (encoder, ["work", "member", "size"]), remainder="passthrough"
    )
    model = make_pipeline(columns, RandomForestClassifier(10, random_state=0))
    model.fit(frame, labels_for(frame["work"].isin(["?", "NA"]) ^ (frame["size"] == "1.50")))
    types = [(name, StringTensorType([None, 1])) for name in ("work", "member", "size")]
    onnx = to_onnx(model, initial_types=[*types, ("x", FloatTensorType([None, 1]))])
    (tmp_path / "teacher.onnx").write_bytes(onnx.SerializeToString())
    frame.to_csv(tmp_path / "data.csv", index=False)
    done = crembo(tmp_path, "score", "teacher.onnx", "data.csv", "-o", "out.parquet")
    assert_scores(tmp_path, done, model.predict_proba(frame))


def test_noise_and_synthetic_rows_take_only_codes_that_the_teacher_knows(tmp_path: Path) -> None:
    """More than 20 codes with gaps, behind an encoder that refuses others."""
    branch = RNG.choice(np.arange(30) ** 2, ROWS)
    branch[:30] = np.arange(30) ** 2
    frame = pd.DataFrame({"branch": branch, "x": X})
    model = encoded(frame, "branch", OneHotEncoder(), branch % 2 == 0)
    (tmp_path / "teacher.pkl").write_bytes(pickle.dumps(model))
    frame.to_csv(tmp_path / "data.csv", index=False)
    options = ["--max-depth", "2", *FEW, "--json"]
    done = crembo(tmp_path, "compress", "teacher.pkl", "data.csv", *options)
    assert done.code == 0, done.err
    noise = json.loads(done.out)["robustness"]["noise"]
    assert all(level["teacher"] is not None for level in noise.values())


def test_a_class_without_test_rows_is_named(tmp_path: Path) -> None:
    """Its one row is a training row, so that all metrics are those of the other classes."""
    frame = pd.DataFrame({"a": X})
    truth = np.where(X > 0, "high", "low").astype(object)
    truth[7] = "rare"
    model = DecisionTreeClassifier(random_state=0).fit(frame, truth)
    (tmp_path / "teacher.pkl").write_bytes(pickle.dumps(model))
    frame.assign(target=truth).to_csv(tmp_path / "data.csv", index=False)
    options = ["--max-depth", "2", *FEW, "--report", "report.md"]
    done = crembo(tmp_path, "compress", "teacher.pkl", "data.csv", *options)
    assert done.code == 0, done.err
    for text in (done.out, (tmp_path / "report.md").read_text()):
        flat = " ".join(text.split())
        assert "Test rows by class: 0 of rare, " in flat
        assert "No metric covers rare; balanced is the mean recall of the other 2." in flat
