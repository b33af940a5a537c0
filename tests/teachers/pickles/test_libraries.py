"""Every kind of pickle, made by its own library, against what that library says."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from crembo_cli.teachers.interpret import interpret
from crembo_cli.teachers.pickles.estimator import Estimator, load_estimator
from crembo_cli.teachers.process.wire import pack
from tests.teachers.classifiers import NAMES, SCIKIT, as_table, boosters, mixed_frame, same


@pytest.fixture(scope="module")
def mixed() -> pd.DataFrame:
    """Numbers and text, both with missing cells."""
    return mixed_frame()


def in_process(path: Path, frame: pd.DataFrame) -> tuple[NDArray[np.float32], tuple[Any, ...]]:
    """Beliefs and classes of a pickle or .skops file, without a process of its own."""
    format_ = "skops" if path.suffix == ".skops" else "pickle"
    model, _ = load_estimator(str(path), format_, trust=False)
    estimator = Estimator(model, warnings=(), hard_labels=False)
    told, arrays = estimator.scores(estimator.predict(estimator.rows(*pack(frame))), len(frame))
    interpretation = interpret(
        dict(zip(told["names"], arrays, strict=True)),
        None,
        range(len(frame)),
        classes=estimator.info.classes,
        info=estimator.info,
        activation="auto",
        hard=False,
    )
    return interpretation.beliefs(
        {"predict_proba": arrays[0]}, None, range(len(frame))
    ), interpretation.classes


@pytest.mark.parametrize("kind", SCIKIT)
def test_scikit_pickles(
    kind: str, tmp_path: Path, iris: pd.DataFrame, kinds: NDArray[np.int64]
) -> None:
    """Every kind of classifier of scikit-learn loads under the allow-list, by pickle and joblib."""
    model = SCIKIT[kind].fit(iris, NAMES[kinds])
    joblib.dump(model, tmp_path / "model.joblib", compress=3)
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(model))
    for path in (tmp_path / "model.joblib", tmp_path / "model.pkl"):
        beliefs, classes = in_process(path, iris)
        same(beliefs, model.predict_proba(iris))
        assert classes == ("se", "ve", "vi")


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("library", boosters())
def test_boosting_libraries_pickles(
    library: str,
    classes: int,
    named: bool,
    tmp_path: Path,
    iris: pd.DataFrame,
    kinds: NDArray[np.int64],
) -> None:
    """XGBoost, LightGBM and CatBoost load under the allow-list, fitted on frames or arrays."""
    rows = iris if named else iris.to_numpy()
    model = boosters()[library]().fit(rows, np.minimum(kinds, classes - 1))
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps(model))
    beliefs, found = in_process(path, iris)
    same(beliefs, model.predict_proba(rows))
    assert found == tuple(range(classes))


def text_pipeline(numbers: Any, text: Any) -> Pipeline:
    """Imputes, encodes, and grows a forest."""
    return make_pipeline(
        make_column_transformer(
            (make_pipeline(SimpleImputer(), StandardScaler()), numbers),
            (
                make_pipeline(
                    SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore")
                ),
                text,
            ),
        ),
        RandomForestClassifier(5, random_state=0),
    )


@pytest.mark.parametrize("suffix", [".pkl", ".joblib", ".skops"])
def test_a_pipeline_with_text_and_missing_cells(
    suffix: str, tmp_path: Path, mixed: pd.DataFrame
) -> None:
    """A pipeline gets the frame it was trained on, from every kind of file."""
    kind = (mixed["rank"] > 1).to_numpy()
    model = text_pipeline(["age", "rank"], ["job"]).fit(mixed, kind)
    path = tmp_path / f"model{suffix}"
    if suffix == ".skops":
        pytest.importorskip("skops.io").dump(model, path)
    elif suffix == ".joblib":
        joblib.dump(model, path)
    else:
        path.write_bytes(pickle.dumps(model))
    beliefs, classes = in_process(path, as_table(mixed))
    same(beliefs, model.predict_proba(mixed))
    assert classes == (False, True)


@pytest.mark.parametrize("how", ["index", "selector"])
def test_columns_may_be_chosen_in_every_way(how: str, tmp_path: Path, mixed: pd.DataFrame) -> None:
    """A transformer that keeps a pandas index, or a selector, loads as well."""
    if how == "index":
        numbers: Any = mixed.select_dtypes("number").columns
        text: Any = mixed.columns[1:2]
    else:
        numbers = make_column_selector(dtype_include="number")
        text = make_column_selector(dtype_include="str")
    kind = (mixed["rank"] > 1).to_numpy().astype(int)
    model = text_pipeline(numbers, text).fit(mixed, kind)
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps(model))
    same(in_process(path, as_table(mixed))[0], model.predict_proba(mixed))


def test_ordinal_codes_of_missing_cells(tmp_path: Path, mixed: pd.DataFrame) -> None:
    """Histogram boosting on encoded text keeps its missing cells missing."""
    encoder = make_column_transformer((OrdinalEncoder(), ["job"]), remainder="passthrough")
    model = make_pipeline(encoder, HistGradientBoostingClassifier(max_iter=3))
    model.fit(mixed, mixed["rank"].to_numpy() % 2)
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps(model))
    same(in_process(path, as_table(mixed))[0], model.predict_proba(mixed))
