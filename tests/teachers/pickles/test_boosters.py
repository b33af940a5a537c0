"""Boosters without their scikit-learn wrapper: native files, pickles, folders of MLflow."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import catboost
import lightgbm
import numpy as np
import pandas as pd
import pytest
import xgboost

from tests.in_process import Ran, crembo

ROWS = 200
RNG = np.random.default_rng(0)
FRAME = pd.DataFrame(
    {
        "s": pd.Categorical(RNG.choice(["a", "b", "c"], ROWS)),
        "x": RNG.normal(size=ROWS),
        "z": RNG.normal(size=ROWS),
    }
)
TWO = ((FRAME["x"] > 0) ^ (FRAME["s"] == "b")).astype(int).to_numpy()
THREE = np.digitize(FRAME["x"], [-0.5, 0.5])
NUMBERS = FRAME[["x", "z"]]
Case = tuple[pd.DataFrame, Any]  # the table and the model's own probabilities


def xgboost_file(path: Path) -> Case:
    """A file of a classifier, with categories."""
    model = xgboost.XGBClassifier(n_estimators=5, enable_categorical=True).fit(FRAME, TWO)
    model.save_model(path)
    return FRAME, model.predict_proba(FRAME)


def xgboost_pickle(path: Path) -> Case:
    """A booster that stopped early answers with all its trees."""
    data = xgboost.DMatrix(NUMBERS, THREE)
    options = {"objective": "multi:softprob", "num_class": 3}
    booster = xgboost.train(
        options,
        data,
        20,
        evals=[(xgboost.DMatrix(NUMBERS, THREE[::-1].copy()), "other")],
        early_stopping_rounds=3,
        verbose_eval=False,
    )
    path.write_bytes(pickle.dumps(booster))
    return NUMBERS, booster.predict(data)


def lightgbm_file(path: Path) -> Case:
    """Text, with categories."""
    model = lightgbm.LGBMClassifier(n_estimators=5, verbose=-1).fit(FRAME, TWO)
    model.booster_.save_model(path)
    return FRAME, model.predict_proba(FRAME)


def lightgbm_pickle(path: Path) -> Case:
    """Three classes."""
    model = lightgbm.LGBMClassifier(n_estimators=5, verbose=-1).fit(FRAME, THREE)
    path.write_bytes(pickle.dumps(model.booster_))
    return FRAME, model.predict_proba(FRAME)


def catboost_file(path: Path) -> Case:
    """The file stores the classes."""
    text = FRAME.astype({"s": str})
    model = catboost.CatBoostClassifier(
        iterations=5, verbose=0, cat_features=[0], allow_writing_files=False
    ).fit(text, np.where(TWO, "yes", "no"))
    model.save_model(str(path))
    return text, model.predict_proba(text)


def catboost_pickle(path: Path) -> Case:
    """CatBoost's own class, whose predict returns scores."""
    options = {"iterations": 5, "verbose": 0, "loss_function": "MultiClass"}
    model = catboost.CatBoost({**options, "allow_writing_files": False}).fit(NUMBERS, THREE)
    path.write_bytes(pickle.dumps(model))
    return NUMBERS, model.predict(NUMBERS, prediction_type="Probability")


CASES: dict[str, Callable[[Path], Case]] = {
    "xgboost.json": xgboost_file,
    "xgboost.ubj": xgboost_file,
    "xgboost.pkl": xgboost_pickle,
    "lightgbm.txt": lightgbm_file,
    "lightgbm.pkl": lightgbm_pickle,
    "catboost.cbm": catboost_file,
    "catboost.pkl": catboost_pickle,
}


def score(folder: Path, teacher: str, table: pd.DataFrame) -> Ran:
    """Score `table`, written as CSV, into `out.parquet`."""
    table.to_csv(folder / "data.csv", index=False)
    return crembo(folder, "score", teacher, "data.csv", "-o", "out.parquet")


# One of each library, imported by a process that is confined already.
STARTED = ("xgboost.pkl", "lightgbm.pkl", "catboost.cbm")


@pytest.mark.parametrize(
    "name",
    [pytest.param(each, marks=[pytest.mark.started] * (each in STARTED)) for each in CASES],
)
def test_a_booster_answers_with_its_own_probabilities(tmp_path: Path, name: str) -> None:
    """From its library's file and from a pickle."""
    table, expected = CASES[name](tmp_path / name)
    done = score(tmp_path, name, table)
    assert done.code == 0, done.err
    found = pd.read_parquet(tmp_path / "out.parquet").to_numpy()
    if expected.ndim == 1:
        expected = np.column_stack([1 - expected, expected])
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_classes_names_the_classes_of_a_booster(tmp_path: Path) -> None:
    """The file of a booster only numbers them; the labels of the table are names."""
    table, _ = xgboost_file(tmp_path / "teacher.json")
    named = table.assign(target=np.where(TWO, "yes", "no"))
    named.to_csv(tmp_path / "data.csv", index=False)
    few = ["--synthetic", "200", "--thresholds", "2", "--quick-report"]
    options = ["--classes", "no,yes", "--max-depth", "2", "--json", *few]
    done = crembo(tmp_path, "compress", "teacher.json", "data.csv", *options)
    assert done.code == 0, done.err
    assert json.loads(done.out)["metrics"]["teacher"]["accuracy"] > 0.9


def test_a_regressor_is_refused_by_its_objective(tmp_path: Path) -> None:
    """As a native file."""
    booster = xgboost.train({"objective": "reg:squarederror"}, xgboost.DMatrix(NUMBERS, TWO), 2)
    booster.save_model(tmp_path / "teacher.ubj")
    done = score(tmp_path, "teacher.ubj", NUMBERS)
    assert done.code == 2
    assert "found the objective 'reg:squarederror'" in done.err


@pytest.mark.parametrize("name", ["bad.json", "bad.ubj", "bad.txt", "bad.cbm"])
def test_a_file_of_something_else_is_refused(tmp_path: Path, name: str) -> None:
    """By the library that its extension names."""
    (tmp_path / name).write_text('{"a": 1}')
    done = score(tmp_path, name, NUMBERS)
    assert done.code == 2
    assert "not a model that" in done.err


def test_json_of_catboost_is_refused_with_the_cure(tmp_path: Path) -> None:
    """CatBoost reads its JSON from a path only."""
    model = catboost.CatBoostClassifier(iterations=2, verbose=0, allow_writing_files=False)
    model.fit(NUMBERS, TWO).save_model(str(tmp_path / "teacher.json"), format="json")
    done = score(tmp_path, "teacher.json", NUMBERS)
    assert done.code == 2
    assert "found a JSON file of CatBoost; save the model as .cbm" in done.err


MLMODEL = """artifact_path: model
flavors:
  python_function:
    env:
      conda: conda.yaml
    loader_module: mlflow.{flavor}
    model_path: {file}
  {flavor}:
    code: null
    {key}: {file}
mlflow_version: 3.1.0
"""


@pytest.mark.parametrize(
    ("flavor", "key", "file", "case"),
    [
        ("xgboost", "data", "model.ubj", xgboost_file),
        ("lightgbm", "data", "model.lgb", lightgbm_file),
        ("lightgbm", "data", "model.pkl", lightgbm_pickle),
        ("catboost", "data", "model.cb", catboost_file),
    ],
)
def test_the_model_in_a_folder_of_mlflow_is_found(
    tmp_path: Path, flavor: str, key: str, file: str, case: Callable[[Path], Case]
) -> None:
    """By what its `MLmodel` says."""
    folder = tmp_path / "run"
    folder.mkdir()
    table, expected = case(folder / file)
    (folder / "MLmodel").write_text(MLMODEL.format(flavor=flavor, key=key, file=file))
    done = score(tmp_path, "run", table)
    assert done.code == 0, done.err
    found = pd.read_parquet(tmp_path / "out.parquet").to_numpy()
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize(
    ("flavor", "file", "message"),
    [
        ("sklearn", "gone.pkl", "the folder lacks the file of its model"),
        ("sklearn", "../data.csv", "the folder lacks the file of its model"),
        ("prophet", "model.pr", "unsupported MLflow flavor"),
    ],
)
def test_a_folder_of_mlflow_without_a_readable_model_is_refused(
    tmp_path: Path, flavor: str, file: str, message: str
) -> None:
    """With what it says and what crembo reads."""
    (tmp_path / "run").mkdir()
    text = MLMODEL.format(flavor=flavor, key="pickled_model", file=file)
    (tmp_path / "run" / "MLmodel").write_text(text)
    done = score(tmp_path, "run", NUMBERS)
    assert done.code == 2
    assert message in done.err
