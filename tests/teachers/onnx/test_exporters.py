"""Every exporter's ONNX against the library that trained the model."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from sklearn.compose import make_column_transformer
from sklearn.ensemble import (
    RandomForestClassifier,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, RidgeClassifier, SGDClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC, LinearSVC

from crembo_cli.errors import TeacherError
from tests.teachers.classifiers import NAMES, SCIKIT, as_table, boosters, mixed_frame, same
from tests.teachers.conftest import Loader


@pytest.fixture(scope="module")
def mixed() -> pd.DataFrame:
    """Numbers and text, both with missing cells."""
    return mixed_frame()


def skl2onnx_of(model: Any, path: Path, rows: Any, **options: Any) -> Path:
    """The model through skl2onnx."""
    from skl2onnx import to_onnx

    chosen = {id(model): options} if options else None
    path.write_bytes(to_onnx(model, rows, options=chosen).SerializeToString())
    return path


LABELS: dict[str, Any] = {
    "text": NAMES,
    "numbers": np.array([3, 5, 9]),
    "two": np.array(["no", "yes", "yes"]),
}


@pytest.mark.parametrize("zipmap", [True, False, "columns"])
@pytest.mark.parametrize("labels", LABELS)
def test_skl2onnx_layouts(
    labels: str,
    zipmap: Any,
    tmp_path: Path,
    teacher: Loader,
    iris: pd.DataFrame,
    kinds: NDArray[np.int64],
) -> None:
    """Lists of dictionaries, tensors and one output per class hold the same beliefs."""
    model = RandomForestClassifier(5, random_state=0).fit(iris.to_numpy(), LABELS[labels][kinds])
    loaded = teacher(
        skl2onnx_of(model, tmp_path / "model.onnx", iris.to_numpy()[:1], zipmap=zipmap)
    )
    same(loaded.beliefs(iris), model.predict_proba(iris.to_numpy()))
    assert loaded.classes == tuple(model.classes_.tolist())
    assert not loaded.numbered
    assert loaded.warnings == ()


@pytest.mark.parametrize(
    "kind", ["tree", "boosting", "ada", "bagging", "logistic", "bayes", "discriminant",
             "neighbours", "net", "pipeline", "search", "stacking"]
)  # fmt: skip
def test_skl2onnx_kinds(
    kind: str, tmp_path: Path, teacher: Loader, iris: pd.DataFrame, kinds: NDArray[np.int64]
) -> None:
    """Wherever skl2onnx puts the labels of a kind of classifier, they are found."""
    model = SCIKIT[kind].fit(iris.to_numpy(), NAMES[kinds])
    loaded = teacher(skl2onnx_of(model, tmp_path / "model.onnx", iris.to_numpy()[:1]))
    same(loaded.beliefs(iris), model.predict_proba(iris.to_numpy()))
    assert loaded.classes == ("se", "ve", "vi")


def test_skl2onnx_one_input_per_column(
    tmp_path: Path, teacher: Loader, mixed: pd.DataFrame
) -> None:
    """A pipeline of numbers and text takes its columns one by one, and names them."""
    from skl2onnx import to_onnx
    from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType

    whole = mixed.assign(job=mixed["job"].fillna("none"))
    whole["age"] = whole["age"].astype(np.float32)
    kind = (mixed["rank"] > 1).to_numpy().astype(int)
    encoder = make_column_transformer(
        (SimpleImputer(), ["age"]),
        (OneHotEncoder(handle_unknown="ignore"), ["job"]),
        (StandardScaler(), ["rank"]),
    )
    model = make_pipeline(encoder, LogisticRegression()).fit(whole, kind)
    types = [
        ("age", FloatTensorType([None, 1])),
        ("job", StringTensorType([None, 1])),
        ("rank", Int64TensorType([None, 1])),
    ]
    path = tmp_path / "model.onnx"
    path.write_bytes(to_onnx(model, initial_types=types).SerializeToString())
    loaded = teacher(path)
    assert loaded.feature_names == ("age", "job", "rank")
    assert [each.type for each in loaded.inputs] == ["float", "string", "int64"]
    same(loaded.beliefs(as_table(whole)), model.predict_proba(whole))


SCORES = {
    "ridge": RidgeClassifier(),
    "hinge": SGDClassifier(random_state=0),
    "svc": SVC(),
    "linear svc": LinearSVC(),
}


@pytest.mark.filterwarnings("ignore:Attribute `prob:FutureWarning")  # skl2onnx reads SVC.probA_
@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("kind", SCORES)
def test_decision_scores_are_refused_and_have_ways_out(
    kind: str,
    classes: int,
    tmp_path: Path,
    teacher: Loader,
    iris: pd.DataFrame,
    kinds: NDArray[np.int64],
) -> None:
    """An output called "probabilities" that holds none is refused; both ways out agree with
    the model's own labels.
    """
    rows = iris.to_numpy()
    model = SCORES[kind].fit(rows, np.minimum(kinds, classes - 1) + 1)
    path = skl2onnx_of(model, tmp_path / "model.onnx", rows[:1])
    with pytest.raises(TeacherError, match=r"not probabilities.*--activation softmax.*--hard-l"):
        teacher(path).beliefs(iris)
    for options in ({"activation": "sigmoid"}, {"hard_labels": True}):
        loaded = teacher(path, **options)
        beliefs = loaded.beliefs(iris)
        labels = np.array(loaded.classes)[beliefs.argmax(axis=1)]
        assert labels.tolist() == model.predict(rows).tolist()


def test_a_regressor_is_refused(
    tmp_path: Path, teacher: Loader, iris: pd.DataFrame, kinds: NDArray[np.int64]
) -> None:
    """A regressor is told from a classifier of one column by the operator behind its output."""
    from sklearn.ensemble import RandomForestRegressor

    model = RandomForestRegressor(3, random_state=0).fit(iris.to_numpy(), kinds / 2)
    path = skl2onnx_of(model, tmp_path / "model.onnx", iris.to_numpy()[:1])
    with pytest.raises(TeacherError, match="is a regressor, not a classifier"):
        teacher(path).beliefs(iris)
    pickled = tmp_path / "model.pkl"
    pickled.write_bytes(pickle.dumps(model))
    with pytest.raises(TeacherError, match="it is not a classifier"):
        teacher(pickled).beliefs(iris)


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("library", boosters())
def test_boosting_libraries_onnx(
    library: str,
    classes: int,
    tmp_path: Path,
    teacher: Loader,
    iris: pd.DataFrame,
    kinds: NDArray[np.int64],
) -> None:
    """onnxmltools' XGBoost and LightGBM, and CatBoost's own export."""
    rows = iris.to_numpy()
    text = np.array(["a", "b", "c"]) if library != "xgboost" else np.arange(3)
    model = boosters()[library]().fit(rows, text[np.minimum(kinds, classes - 1)])
    path = tmp_path / "model.onnx"
    if library == "catboost":
        model.save_model(str(path), format="onnx")
    else:
        onnxmltools = pytest.importorskip("onnxmltools")
        from onnxmltools.convert.common.data_types import FloatTensorType

        convert = getattr(onnxmltools, f"convert_{library}")
        made = convert(model, initial_types=[("input", FloatTensorType([None, 4]))])
        path.write_bytes(made.SerializeToString())
    loaded = teacher(path)
    same(loaded.beliefs(iris), model.predict_proba(rows))
    assert loaded.classes == tuple(text[:classes].tolist())
    assert loaded.warnings == ()
