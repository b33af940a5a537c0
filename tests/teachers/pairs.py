"""Teachers and tables of public bug reports, and how they are scored."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder

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


def texts() -> Case:
    """Digits, truth, decimals, signs and dates that encoders know as text."""
    frame = pd.DataFrame(
        {
            "zip": DIGITS,
            "member": np.where(CODES > 2, "True", "False"),
            "version": RNG.choice(["1.10", "1.1", "2.0"], ROWS),
            "sign": RNG.choice(["+1", "-1", "0"], ROWS),
            "day": RNG.choice(["2024-01-01", "2024-02-01"], ROWS),
            "x": X,
        }
    )
    encoders = make_column_transformer(
        (OrdinalEncoder(), ["zip"]),
        (OneHotEncoder(), ["member", "version", "sign", "day"]),
        remainder="passthrough",
    )
    positive = (frame["version"] == "1.10") ^ (frame["sign"] == "+1") ^ (frame["zip"] == "21")
    model = make_pipeline(encoders, RandomForestClassifier(30, random_state=0))
    return model.fit(frame, labels_for(positive)), frame, frame


def lightgbm_constant() -> Case:
    """A constant category beside digits that are one."""
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


def lightgbm_in_pipeline() -> Case:
    """LightGBM with categories, behind a step that changes nothing, in a calibration."""
    library = pytest.importorskip("lightgbm")
    frame = pd.DataFrame({"zip": pd.Categorical(DIGITS), "x": X})
    inner = make_pipeline(
        FunctionTransformer(), library.LGBMClassifier(n_estimators=10, verbose=-1)
    )
    model = CalibratedClassifierCV(inner, cv=2)
    return model.fit(frame, labels_for(frame["zip"] == "21")), frame, frame


def xgboost_in_pipeline() -> Case:
    """XGBoost with categories, behind a step that changes nothing."""
    library = pytest.importorskip("xgboost")
    frame = pd.DataFrame({"zip": pd.Categorical(DIGITS), "x": X})
    inner = library.XGBClassifier(n_estimators=10, enable_categorical=True)
    model = make_pipeline(FunctionTransformer(), inner)
    return model.fit(frame, labels_for(frame["zip"] == "21")), frame, frame


def xgboost_gaps() -> Case:
    """A category of whole numbers with gaps that XGBoost stores."""
    library = pytest.importorskip("xgboost")
    code = RNG.choice([1, 5, 40], ROWS)
    frame = pd.DataFrame({"k": pd.Categorical(code), "x": X})
    model = library.XGBClassifier(n_estimators=10, enable_categorical=True)
    return model.fit(frame, labels_for(code == 5)), frame, frame


def catboost_digits() -> Case:
    """Digits that CatBoost knows as categories of text."""
    library = pytest.importorskip("catboost")
    frame = pd.DataFrame({"zip": DIGITS, "x": X})
    model = library.CatBoostClassifier(
        iterations=10, verbose=0, cat_features=["zip"], allow_writing_files=False
    )
    return model.fit(frame, labels_for(frame["zip"] == "21")), frame, frame


def catboost_nan() -> Case:
    """A missing cell that was made text before CatBoost saw it."""
    library = pytest.importorskip("catboost")
    frame = pd.DataFrame({"zip": np.where(DIGITS == "10", "nan", DIGITS), "x": X})
    model = library.CatBoostClassifier(
        iterations=10, verbose=0, cat_features=["zip"], allow_writing_files=False
    )
    return model.fit(frame, labels_for(frame["zip"] == "nan")), frame, frame


def documents() -> Case:
    """A pipeline that begins with a text vectoriser; NA is a document."""
    text = pd.Series(RNG.choice(["good day", "bad day", "NA", ""], ROWS))
    model = make_pipeline(TfidfVectorizer(), LogisticRegression())
    return model.fit(text, labels_for(text == "NA")), text, text.to_frame("text")


def documents_in_a_column() -> Case:
    """A vectoriser of one column, beside numbers."""
    frame = pd.DataFrame({"t": RNG.choice(["good day", "bad day", "None"], ROWS), "x": X})
    columns = make_column_transformer((CountVectorizer(), "t"), ("passthrough", ["x"]))
    model = make_pipeline(columns, LogisticRegression())
    return model.fit(frame, labels_for(frame["t"] == "None")), frame, frame


CASES: dict[str, Callable[[], Case]] = {
    "question mark": question_mark,
    "constant category in LightGBM": lightgbm_constant,
    "category of truth in LightGBM": lightgbm_truth,
    "named codes in LightGBM": lightgbm_named_codes,
    "codes in XGBoost": xgboost_codes,
    "digits in XGBoost": xgboost_digits,
    "categories with gaps in XGBoost": xgboost_gaps,
    "LightGBM in a pipeline": lightgbm_in_pipeline,
    "XGBoost in a pipeline": xgboost_in_pipeline,
    "digits in CatBoost": catboost_digits,
    "nan as text in CatBoost": catboost_nan,
    "documents": documents,
    "documents in a column": documents_in_a_column,
    "digits, truth, decimals, signs and dates as text": texts,
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
