"""Tests of crembo_cli.teachers.pickles.input_adapter."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from crembo_cli.errors import TeacherError
from crembo_cli.teachers.pickles.input_adapter import InputAdapter

AGE = np.array([1.0, np.nan, 3.0, 2.0] * 5)
JOB = np.array(["a", None, "b", "a"] * 5, dtype=object)
KIND = np.array([0, 1, 1, 0] * 5)


def encoder(frame: pd.DataFrame) -> Any:
    """A pipeline that encodes text, fitted on `frame`."""
    columns = make_column_transformer(
        (SimpleImputer(), ["age"]), (OneHotEncoder(handle_unknown="error"), ["job"])
    )
    return make_pipeline(columns, LogisticRegression()).fit(frame, KIND)


def test_missing_text_is_what_the_encoder_was_fitted_on() -> None:
    """A pipeline fitted on NaN is given NaN, one fitted on None gets None; both know the cell."""
    as_text = pd.DataFrame({"age": AGE, "job": pd.Series(JOB, dtype="str")})
    as_objects = pd.DataFrame({"age": AGE, "job": pd.Series(JOB, dtype=object)})
    for frame, marker in ((as_text, np.nan), (as_objects, None)):
        model = encoder(frame)
        rows = InputAdapter(model, ("age", "job")).rows([AGE, JOB])
        missing = rows["job"].tolist()[1]
        assert missing is None if marker is None else missing != missing  # noqa: PLR0124 - NaN
        np.testing.assert_array_equal(model.predict_proba(rows), model.predict_proba(frame))


def test_an_imputer_of_none_gets_none() -> None:
    """SimpleImputer(missing_values=None) replaces nothing else."""
    text = make_column_transformer(
        (
            make_pipeline(
                SimpleImputer(missing_values=None, strategy="most_frequent"), OneHotEncoder()
            ),
            ["job"],
        )
    )
    frame = pd.DataFrame({"job": pd.Series(JOB, dtype=object)})
    model = make_pipeline(text, LogisticRegression()).fit(frame, KIND)
    rows = InputAdapter(model, ("job",)).rows([JOB])
    np.testing.assert_array_equal(model.predict_proba(rows), model.predict_proba(frame))


def test_a_model_without_names_gets_an_array() -> None:
    """Fitted on an array, fed with an array: of numbers, or of objects where there is text."""
    model = LogisticRegression().fit(np.arange(20.0)[:, None], KIND)
    rows = InputAdapter(model, None).rows([np.array([1, 2]), np.array([0.5, np.nan])])
    assert rows.dtype == np.float64
    np.testing.assert_array_equal(rows, [[1, 0.5], [2, np.nan]])
    mixed = InputAdapter(model, None).rows([np.array([1, 2]), np.array(["x", None], dtype=object)])
    assert mixed.dtype == object
    assert mixed[0].tolist() == [1, "x"]
    assert mixed[1, 1] != mixed[1, 1]  # NaN


def test_lightgbm_gets_the_categories_it_knows() -> None:
    """Text and whole numbers that were categories in training are the same ones again."""
    lightgbm = pytest.importorskip("lightgbm")
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "a": rng.normal(size=300),
            "b": pd.Categorical(rng.choice(["x", "y", "z"], 300)),
            "c": pd.Categorical(rng.choice([10, 20, 30], 300)),
        }
    )
    kind = (frame["b"].eq("x") ^ frame["c"].eq(20)).to_numpy().astype(int)
    model = lightgbm.LGBMClassifier(n_estimators=5, verbose=-1).fit(frame, kind)
    job = np.array(["z", "x", None, "new"], dtype=object)
    columns = [np.zeros(4), job, np.array([20, 30, 10, 10])]
    rows = InputAdapter(model, ("a", "b", "c")).rows(columns)
    assert rows["b"].tolist()[:2] == ["z", "x"]
    assert list(rows["b"].cat.categories) == ["x", "y", "z"]
    assert list(rows["c"].cat.categories) == [10, 20, 30]
    again = InputAdapter(model, ("a", "b", "c")).rows(
        [frame["a"].to_numpy(), frame["b"].to_numpy(object), frame["c"].to_numpy(np.int64)]
    )
    np.testing.assert_array_equal(model.predict_proba(again), model.predict_proba(frame))


def test_xgboost_gets_categories_where_it_had_them() -> None:
    """A column that XGBoost was told to be a category is one again, and no other."""
    xgboost = pytest.importorskip("xgboost")
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"a": rng.normal(size=200), "b": pd.Categorical(rng.choice(["x", "y", "z"], 200))}
    )
    kind = frame["b"].eq("x").to_numpy().astype(int)
    model = xgboost.XGBClassifier(n_estimators=5, enable_categorical=True).fit(frame, kind)
    some = frame.iloc[[3, 1]]
    rows = InputAdapter(model, ("a", "b")).rows([some["a"].to_numpy(), some["b"].to_numpy(object)])
    assert [str(dtype) for dtype in rows.dtypes] == ["float64", "category"]
    np.testing.assert_array_equal(model.predict_proba(rows), model.predict_proba(some))


def test_a_missing_category_of_catboost_is_refused() -> None:
    """CatBoost has no missing categories, and what they were filled with is not guessed."""
    catboost = pytest.importorskip("catboost")
    frame = pd.DataFrame({"age": AGE, "job": np.where(JOB == None, "none", JOB)})  # noqa: E711 - elementwise
    model = catboost.CatBoostClassifier(
        iterations=3, verbose=0, cat_features=["job"], allow_writing_files=False
    ).fit(frame, KIND)
    trained = InputAdapter(model, ("age", "job"))
    rows = trained.rows([AGE, frame["job"].to_numpy(object)])
    np.testing.assert_array_equal(model.predict_proba(rows), model.predict_proba(frame))
    with pytest.raises(TeacherError, match="column 'job': CatBoost does not accept missing cells"):
        trained.rows([AGE, JOB])
