"""Teachers and tables of public bug reports: `crembo score` returns the model's probabilities."""

from __future__ import annotations

import json
import pickle
import re
import sys
from collections.abc import Callable
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

import crembo_cli as library
from crembo_cli.errors import CremboError
from tests.in_process import Ran, crembo

ROWS = 300
RNG = np.random.default_rng(0)
X = RNG.normal(size=ROWS)
DIGITS = RNG.choice(["10", "21", "33"], ROWS)
CODES = RNG.integers(0, 5, ROWS)
Case = tuple[Any, Any, pd.DataFrame]  # the fitted model, its training table, the table as saved


def labels_for(positive: Any) -> Any:
    """Labels that depend on a number and on a category."""
    return ((X > 0) ^ np.asarray(positive)).astype(int)


def encoded(frame: pd.DataFrame, column: str, encoder: Any, positive: Any) -> Any:
    """A pipeline with an encoder for one column, fitted on `frame`."""
    columns = make_column_transformer((encoder, [column]), remainder="passthrough")
    return make_pipeline(columns, RandomForestClassifier(10, random_state=0)).fit(
        frame, labels_for(positive)
    )


def question_mark() -> Case:
    """A question mark that is a category."""
    work = RNG.choice(["?", "Private", "State", "NA"], ROWS)
    frame = pd.DataFrame({"work": work, "x": X})
    model = encoded(
        frame, "work", OneHotEncoder(handle_unknown="ignore"), np.isin(work, ["?", "NA"])
    )
    return model, frame, frame


def digits_as_text() -> Case:
    """Digits that an encoder knows as text."""
    frame = pd.DataFrame({"zip": DIGITS, "x": X})
    model = encoded(frame, "zip", OrdinalEncoder(), frame["zip"] == "21")
    return model, frame, frame


def truth_as_text() -> Case:
    """True and False that an encoder knows as text."""
    frame = pd.DataFrame({"member": np.where(CODES > 2, "True", "False"), "x": X})
    model = encoded(frame, "member", OneHotEncoder(), frame["member"] == "True")
    return model, frame, frame


def lightgbm_digits() -> Case:
    """Digits that LightGBM knows as categories of text."""
    frame = pd.DataFrame({"zip": pd.Categorical(DIGITS), "x": X})
    return lightgbm(frame, frame["zip"] == "21"), frame, frame


def lightgbm_constant() -> Case:
    """A constant category."""
    frame = pd.DataFrame(
        {"s": pd.Categorical(DIGITS), "land": pd.Categorical(["DE"] * ROWS), "x": X}
    )
    return lightgbm(frame, frame["s"] == "21"), frame, frame


def lightgbm_truth() -> Case:
    """A category of true and false."""
    frame = pd.DataFrame({"x": X, "b": pd.Categorical(CODES > 2), "s": pd.Categorical(DIGITS)})
    return lightgbm(frame, CODES > 2), frame, frame


def lightgbm_named_codes() -> Case:
    """A category beside whole numbers that are named as categories."""
    frame = pd.DataFrame({"n": CODES * 10, "s": pd.Categorical(DIGITS), "x": X})
    model = lightgbm(frame, CODES > 2, categorical_feature=["n", "s"])
    return model, frame, frame


def lightgbm(frame: pd.DataFrame, positive: Any, **options: Any) -> Any:
    """A LightGBM classifier, fitted on `frame`."""
    library = pytest.importorskip("lightgbm")
    model = library.LGBMClassifier(n_estimators=10, verbose=-1)
    return model.fit(frame, labels_for(positive), **options)


def xgboost_codes() -> Case:
    """Category codes without stored categories."""
    library = pytest.importorskip("xgboost")
    array = np.column_stack([CODES, X])
    model = library.XGBClassifier(
        n_estimators=10, enable_categorical=True, feature_types=["c", "q"]
    ).fit(array, labels_for(np.isin(CODES, [1, 3])))
    return model, array, pd.DataFrame({"code": CODES, "x": X})


def xgboost_digits() -> Case:
    """Digits that XGBoost stores as categories of text."""
    library = pytest.importorskip("xgboost")
    frame = pd.DataFrame({"zip": pd.Categorical(DIGITS), "x": X})
    model = library.XGBClassifier(n_estimators=10, enable_categorical=True)
    return model.fit(frame, labels_for(frame["zip"] == "21")), frame, frame


CASES: dict[str, Callable[[], Case]] = {
    "question mark": question_mark,
    "digits as text": digits_as_text,
    "truth as text": truth_as_text,
    "digits in LightGBM": lightgbm_digits,
    "constant category in LightGBM": lightgbm_constant,
    "category of truth in LightGBM": lightgbm_truth,
    "named codes in LightGBM": lightgbm_named_codes,
    "codes in XGBoost": xgboost_codes,
    "digits in XGBoost": xgboost_digits,
}


def score(folder: Path, model: Any, table: pd.DataFrame, *options: str) -> Ran:
    """Save a model and its table in `folder`, and score the table into `out.parquet`."""
    (folder / "teacher.pkl").write_bytes(pickle.dumps(model))
    table.to_csv(folder / "data.csv", index=False)
    return crembo(folder, "score", "teacher.pkl", "data.csv", "-o", "out.parquet", *options)


def assert_scores(folder: Path, done: Ran, expected: Any) -> None:
    """The scores in `folder` are the expected probabilities."""
    assert done.code == 0, done.err
    found = pd.read_parquet(folder / "out.parquet").to_numpy()
    np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize("case", CASES)
def test_scores_are_the_probabilities_of_the_model(tmp_path: Path, case: str) -> None:
    """A table read from CSV gets the probabilities that the model gives to its own table."""
    model, trained, table = CASES[case]()
    done = score(tmp_path, model, table)
    assert_scores(tmp_path, done, model.predict_proba(trained))


def test_a_question_mark_that_is_no_category_is_missing_and_noted(tmp_path: Path) -> None:
    """The note counts the cells."""
    frame = pd.DataFrame({"zip": pd.Series(DIGITS, dtype="str"), "x": X})
    frame.loc[:9, "zip"] = np.nan
    model = encoded(frame, "zip", OneHotEncoder(), DIGITS == "21")
    done = score(tmp_path, model, frame.fillna({"zip": "?"}))
    assert "10 cells '?' of column 'zip' are read as missing" in done.err
    assert_scores(tmp_path, done, model.predict_proba(frame))


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
    assert "it uses the threshold 0.15)" in done.err
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
    options = ["--max-depth", "2", "-o", "student.onnx"]
    done = crembo(tmp_path, "compress", "teacher.pkl", "data.csv", *options)
    assert done.code == 0, done.err


def test_missing_says_that_a_known_category_is_missing(tmp_path: Path) -> None:
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
    options = ["--missing", "-1", "--max-depth", "2", "--json", "--quick-report"]
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
        ({"number": "zipp"}, "no such column"),
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


def test_a_cell_that_is_no_number_keeps_thousands_text(tmp_path: Path) -> None:
    """One bad cell is refused by line and column, where the teacher takes numbers."""
    frame = pd.DataFrame({"pay": X * 1e4, "x": X})
    model = LogisticRegression().fit(frame, labels_for(CODES > 2))
    table = frame.assign(pay=["17,000"] * (ROWS - 1) + ["1,70"])
    done = score(tmp_path, model, table, "--thousands", ",")
    assert done.code == 2
    assert f"line {ROWS + 1}, column 'pay'" in done.err


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
    options = ["--max-depth", "2", "--quick-report", "--json", "--synthetic", "500"]
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
    options = ["--max-depth", "2", "--quick-report", "--report", "report.md"]
    done = crembo(tmp_path, "compress", "teacher.pkl", "data.csv", *options)
    assert done.code == 0, done.err
    for text in (done.out, (tmp_path / "report.md").read_text()):
        flat = " ".join(text.split())
        assert "Test rows by class: rare 0, " in flat
        assert "No metric covers rare; balanced is the mean recall of the other 2." in flat
