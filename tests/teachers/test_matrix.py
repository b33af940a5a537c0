"""Every kind of teacher, made by its own library, against what that library says."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.gaussian_process import GaussianProcessClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, RidgeClassifier, SGDClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier

from crembo_cli.errors import TeacherError
from crembo_cli.teachers.estimator import Estimator, load_estimator
from crembo_cli.teachers.frames import pack
from crembo_cli.teachers.settle import settle
from tests.teachers.conftest import Loader

CLOSE = 1e-5  # what beliefs may differ by from the library's own predict_proba
NAMES = np.array(["se", "ve", "vi"])
SCIKIT: dict[str, Any] = {
    "tree": DecisionTreeClassifier(max_depth=3, random_state=0),
    "forest": RandomForestClassifier(5, random_state=0),
    "boosting": GradientBoostingClassifier(n_estimators=3, random_state=0),
    "histogram boosting": HistGradientBoostingClassifier(max_iter=3, random_state=0),
    "ada": AdaBoostClassifier(n_estimators=3, random_state=0),
    "bagging": BaggingClassifier(n_estimators=3, random_state=0),
    "voting": VotingClassifier([("a", GaussianNB()), ("b", LogisticRegression())], voting="soft"),
    "stacking": StackingClassifier([("a", GaussianNB())], LogisticRegression(), cv=2),
    "logistic": LogisticRegression(),
    "log loss": SGDClassifier(loss="log_loss", random_state=0),
    "bayes": GaussianNB(),
    "discriminant": QuadraticDiscriminantAnalysis(reg_param=0.1),
    "neighbours": KNeighborsClassifier(3),
    "gaussian process": GaussianProcessClassifier(random_state=0),
    "net": MLPClassifier((4,), solver="lbfgs", max_iter=5000, random_state=0),
    "search": GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=2),
    "pipeline": make_pipeline(StandardScaler(), RandomForestClassifier(3, random_state=0)),
}


def in_process(path: Path, frame: pd.DataFrame) -> tuple[NDArray[np.float32], tuple[Any, ...]]:
    """Beliefs and classes of a pickle or .skops file, without a process of its own."""
    format_ = "skops" if path.suffix == ".skops" else "pickle"
    model, _ = load_estimator(str(path), format_, trust=False)
    estimator = Estimator(model, warnings=(), hard_labels=False)
    told, arrays = estimator.scores(estimator.predict(estimator.rows(*pack(frame))), len(frame))
    settled = settle(
        dict(zip(told["names"], arrays, strict=True)),
        None,
        range(len(frame)),
        classes=estimator.facts.classes,
        facts=estimator.facts,
        activation="auto",
        hard=False,
    )
    return settled.beliefs({"predict_proba": arrays[0]}, None, range(len(frame))), settled.classes


def same(beliefs: NDArray[Any], wanted: NDArray[Any]) -> None:
    """Beliefs are the library's, to 1e-5."""
    np.testing.assert_allclose(beliefs, wanted, atol=CLOSE)


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


def boosters() -> dict[str, Callable[[], Any]]:
    """Makers of the boosting libraries' classifiers, by the library's name."""
    return {
        "xgboost": lambda: pytest.importorskip("xgboost").XGBClassifier(n_estimators=3),
        "lightgbm": lambda: pytest.importorskip("lightgbm").LGBMClassifier(
            n_estimators=3, min_child_samples=5, verbose=-1
        ),
        "catboost": lambda: pytest.importorskip("catboost").CatBoostClassifier(
            iterations=3, verbose=0, allow_writing_files=False
        ),
    }


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


@pytest.fixture(scope="module")
def mixed() -> pd.DataFrame:
    """Numbers and text, both with missing cells."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "age": rng.normal(size=60),
            "job": pd.Series(rng.choice(["baker", "smith", "miller"], 60), dtype="str"),
            "rank": rng.integers(0, 4, 60),
        }
    )
    frame.loc[::7, "age"] = np.nan
    frame.loc[::9, "job"] = None
    return frame


def as_table(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame as a table hands it on: text as objects with None for missing."""
    out = frame.copy()
    for name in frame.select_dtypes("str"):
        text = [None if cell != cell else cell for cell in frame[name]]  # noqa: PLR0124 - NaN
        out[name] = pd.Series(text, dtype=object, index=frame.index)
    return out


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
    with pytest.raises(TeacherError, match=r"are no probabilities.*--activation sigmoid.*--hard-l"):
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
    with pytest.raises(TeacherError, match="is a regressor, no classifier"):
        teacher(path).beliefs(iris)
    pickled = tmp_path / "model.pkl"
    pickled.write_bytes(pickle.dumps(model))
    with pytest.raises(TeacherError, match="it is a regressor"):
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
