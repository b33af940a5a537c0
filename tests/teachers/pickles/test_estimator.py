"""Tests of crembo_cli.teachers.pickles.estimator."""

from __future__ import annotations

import pickle
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge, RidgeClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from crembo_cli.errors import TeacherError
from crembo_cli.teachers.pickles.estimator import (
    Estimator,
    class_labels,
    feature_count,
    feature_names,
    load_estimator,
)
from crembo_cli.teachers.process.wire import pack

ROWS = np.random.default_rng(0).normal(size=(60, 2))
KIND = (ROWS[:, 0] > 0).astype(int)


def output_of(model: BaseEstimator, frame: pd.DataFrame, *, hard: bool = False) -> NDArray[Any]:
    """What the child would send back of `frame`."""
    estimator = Estimator(model, warnings=(), hard_labels=hard)
    answer = estimator.predict(estimator.rows(*pack(frame)))
    header, (array,) = estimator.scores(answer, len(frame))
    assert header["names"] == (["" if hard else "predict_proba"])
    return array


def test_probabilities_are_the_models_own() -> None:
    """What is sent is what predict_proba says."""
    model = LogisticRegression().fit(ROWS, KIND)
    frame = pd.DataFrame(ROWS, columns=["any", "name"])
    np.testing.assert_array_equal(output_of(model, frame), model.predict_proba(ROWS))


def test_names_are_those_of_training() -> None:
    """Columns matched by order go in under the names that the model knows."""
    trained = pd.DataFrame(ROWS, columns=["a", "b"])
    model = LogisticRegression().fit(trained, KIND)
    frame = pd.DataFrame(ROWS, columns=["x", "y"])
    np.testing.assert_array_equal(output_of(model, frame), model.predict_proba(trained))


@pytest.mark.parametrize("kinds", [["no", "yes"], [3, 7], [False, True], [0.0, 1.0]])
def test_labels_are_python_scalars(kinds: list[Any]) -> None:
    """Classes are text, whole numbers, truth values or numbers, ready for JSON."""
    labels = class_labels(LogisticRegression().fit(ROWS, np.array(kinds)[KIND]))
    assert labels == tuple(kinds)
    assert [type(label) for label in labels] == [type(kind) for kind in kinds]


def test_hard_labels_are_class_indices() -> None:
    """A classifier without probabilities is refused, and read with --hard-labels."""
    model = LinearSVC().fit(ROWS, np.where(KIND, "yes", "no"))
    frame = pd.DataFrame(ROWS)
    with pytest.raises(TeacherError, match=r"LinearSVC has no predict_proba; use.*--hard-labels"):
        output_of(model, frame)
    labels = output_of(model, frame, hard=True)
    assert labels.dtype == np.int64
    assert np.array(["no", "yes"])[labels].tolist() == model.predict(ROWS).tolist()


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (Ridge().fit(ROWS, KIND), r"not a classifier.*found sklearn\.linear_model\._ridge\.Ridge"),
        (KMeans(2).fit(ROWS), "has no classes_"),
        (PCA().fit(ROWS), r"expected a classifier; found an object of sklearn\.decomposition"),
        ({"model": 1}, r"expected a classifier; found an object of builtins\.dict"),
        (LogisticRegression(), "or is not fitted"),
    ],
)
def test_other_objects_are_refused(model: Any, message: str) -> None:
    """Regressors, clusters, transformers, dictionaries and unfitted models, each by its reason."""
    with pytest.raises(TeacherError, match=message):
        class_labels(model)


@pytest.mark.parametrize(
    "model",
    [
        RandomForestClassifier(2),
        KNeighborsClassifier(),
        RidgeClassifier(),
        MLPClassifier((2,), max_iter=1),
        MultiOutputClassifier(LogisticRegression()),
        ClassifierChain(LogisticRegression()),
        OneVsRestClassifier(LogisticRegression()),
        make_pipeline(StandardScaler(), MLPClassifier((2,), max_iter=1)),
        GridSearchCV(OneVsRestClassifier(LogisticRegression()), {"estimator__C": [1]}, cv=2),
    ],
    ids=lambda model: type(model).__name__,
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")  # one step will do
def test_several_labels_per_row_are_refused(model: Any) -> None:
    """Whatever classifier predicts them, in a pipeline or a search too."""
    with pytest.raises(TeacherError, match="several labels per row"):
        class_labels(model.fit(ROWS, np.c_[KIND, np.arange(60) % 2]))


def test_one_class_is_not_enough() -> None:
    """A teacher that can only say one thing teaches nothing."""
    model = LogisticRegression().fit(ROWS, KIND)
    model.classes_ = np.array(["only"])
    with pytest.raises(TeacherError, match="only one class; found 'only'"):
        class_labels(model)


def test_a_wrong_shape_is_refused() -> None:
    """Probabilities of something else than the rows are refused."""
    estimator = Estimator(LogisticRegression().fit(ROWS, KIND), warnings=(), hard_labels=False)
    with pytest.raises(TeacherError, match=r"found shape \(2, 60\); wanted \(60, 2\)"):
        estimator.scores(np.zeros((2, 60)), 60)


def test_names_and_counts_are_found_in_every_library() -> None:
    """scikit-learn, XGBoost, LightGBM and CatBoost each keep them in their own way."""
    frame = pd.DataFrame(ROWS, columns=["a", "b"])
    makers: list[Any] = [LogisticRegression()]
    for package, name, options in (
        ("xgboost", "XGBClassifier", {}),
        ("lightgbm", "LGBMClassifier", {"verbose": -1}),
        ("catboost", "CatBoostClassifier", {"verbose": 0, "allow_writing_files": False}),
    ):
        library = pytest.importorskip(package)
        makers.append(getattr(library, name)(n_estimators=2, **options))
    for model in makers:
        named = pickle.loads(pickle.dumps(model.fit(frame, KIND)))
        assert (feature_names(named), feature_count(named)) == (("a", "b"), 2)
        bare = pickle.loads(pickle.dumps(type(model)(**model.get_params()).fit(ROWS, KIND)))
        assert (feature_names(bare), feature_count(bare)) == (None, 2)


def test_another_version_is_noted_once(tmp_path: Path) -> None:
    """A pipeline of many parts saved by another scikit-learn is one warning, not one a part."""
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(ROWS, KIND)
    text = pickle.dumps(model)
    import sklearn

    now = sklearn.__version__.encode()
    old = b"0" + now[1:]
    path = tmp_path / "model.pkl"
    path.write_bytes(text.replace(now, old))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        _, notes = load_estimator(str(path), "pickle", trust=False)
    assert notes == [
        f"the teacher was saved by scikit-learn {old.decode()} and loaded by {now.decode()}; its"
        " predictions may differ"
    ]
