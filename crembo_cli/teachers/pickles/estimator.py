"""A fitted classifier with scikit-learn's interface, in the child process."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from crembo_cli.errors import TeacherError
from crembo_cli.teachers.contract import ClassLabel
from crembo_cli.teachers.model_info import ModelInfo
from crembo_cli.teachers.pickles.input_adapter import InputAdapter
from crembo_cli.teachers.pickles.loaded_trees import check_trees
from crembo_cli.teachers.process.wire import Array, Message, unpack


class Estimator:
    """A classifier that was fitted on a frame, or on an array."""

    def __init__(self, model: Any, *, warnings: Sequence[str], hard_labels: bool) -> None:
        self._model = model
        self._classes = class_labels(model)
        self._hard = hard_labels
        if not hard_labels and not hasattr(model, "predict_proba"):
            raise TeacherError(
                f"the teacher, {type(model).__name__}, has no predict_proba: it gives labels"
                " without probabilities",
                hint="--hard-labels takes its labels as certain beliefs",
            )
        self._names = feature_names(model)
        self._as_trained = InputAdapter(model, self._names)
        self.info = ModelInfo(
            producer=_producer(model),
            feature_names=self._names,
            n_features=feature_count(model),
            classes=self._classes,
            classes_source="the estimator's classes_",
            warnings=tuple(warnings),
        )

    def rows(self, header: dict[str, Any], arrays: list[Array]) -> Any:
        """The message's frame as the model was trained on: a frame with names, or an array."""
        return self._as_trained.rows(unpack(header, arrays))

    def predict(self, rows: Any) -> Any:
        """What the model says: its probabilities, or its labels alone."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the library's remarks are no news to the reader
            return self._model.predict(rows) if self._hard else self._model.predict_proba(rows)

    def scores(self, answer: Any, count: int) -> Message:
        """Probabilities as one array (n, c), or labels as class indices int64 (n,)."""
        told = np.asarray(answer)
        if self._hard:
            places = {label: place for place, label in enumerate(self._classes)}
            labels = [places.get(label, -1) for label in told.reshape(count).tolist()]
            return {"names": [""], "classes": None}, [np.array(labels, dtype=np.int64)]
        if told.ndim != 2 or len(told) != count:
            raise TeacherError(
                "predict_proba answers with another shape than one row per row",
                found=f"shape {told.shape}",
                wanted=f"({count}, {len(self._classes)})",
            )
        return {"names": ["predict_proba"], "classes": None}, [told.astype(np.float64)]


def load_estimator(path: str, format_: str, *, trust: bool) -> tuple[Any, list[str]]:
    """The object in a file, and what its libraries warned of on the way.

    Raises:
        TeacherError: the file cannot be loaded, or not under the allow-list.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        if format_ == "skops":
            from crembo_cli.teachers.pickles.skops_file import load_skops

            model = load_skops(Path(path), trust=trust)
        else:
            from crembo_cli.teachers.pickles.file import load_pickle

            model = load_pickle(Path(path), trust=trust)
        check_trees(model)
    return model, _notes(caught)


def class_labels(model: Any) -> tuple[ClassLabel, ...]:
    """The model's classes as python scalars, in the order of its probabilities.

    Raises:
        TeacherError: it is no classifier, or one of several labels a row.
    """
    if not hasattr(model, "predict"):
        raise TeacherError(
            "the file holds no classifier",
            found=f"an object of {type(model).__module__}.{type(model).__qualname__}",
            wanted="a fitted classifier or pipeline",
        )
    classes = getattr(model, "classes_", None)
    if classes is None or len(classes) == 0:  # CatBoost's regressors have an empty list
        raise TeacherError(
            "the teacher has no classes_: it is a regressor, no classifier, or was never fitted",
            found=f"{type(model).__module__}.{type(model).__qualname__}",
            wanted="a fitted classifier",
        )
    if np.ndim(classes[0]):
        raise TeacherError(
            "the teacher gives several labels a row", wanted="a classifier of one label a row"
        )
    labels = tuple(np.asarray(classes).ravel().tolist())
    if len(labels) < 2:
        raise TeacherError(
            "the teacher knows one class only", found=repr(labels[0]), wanted="2 or more classes"
        )
    return labels


def feature_names(model: Any) -> tuple[str, ...] | None:
    """The columns it was trained on, by name; None where it was trained on an array."""
    names = getattr(model, "feature_names_in_", None)
    if names is None:
        names = getattr(model, "feature_names_", None)  # CatBoost's, made up where it had none
        if names is not None and list(names) == [str(place) for place in range(len(names))]:
            return None
    return None if names is None else tuple(str(name) for name in names)


def feature_count(model: Any) -> int | None:
    """How many columns it takes; None where it does not say."""
    names = getattr(model, "feature_names_", None)  # CatBoost forgets n_features_in_ in a file
    count = getattr(model, "n_features_in_", None) if names is None else len(names)
    return None if count is None else int(count)


def _producer(model: Any) -> str:
    package = type(model).__module__.partition(".")[0]
    version = getattr(sys.modules.get(package), "__version__", "")
    return f"{type(model).__name__} of {package} {version}".strip()


def _notes(caught: Sequence[warnings.WarningMessage]) -> list[str]:
    notes: list[str] = []
    for each in caught:
        saved_by = getattr(each.message, "original_sklearn_version", None)
        if saved_by is not None:  # scikit-learn's InconsistentVersionWarning, one a part
            now = getattr(each.message, "current_sklearn_version", "another version")
            remark = (
                f"the teacher was saved by scikit-learn {saved_by} and is read by {now}: its"
                " answers may differ"
            )
        elif issubclass(each.category, DeprecationWarning):
            continue
        else:
            remark = str(each.message).strip().partition("\n")[0]
        if remark not in notes:
            notes.append(remark)
    return notes
