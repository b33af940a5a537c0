"""A fitted classifier with the interface of scikit-learn, in the child process."""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from crembo_cli.errors import TeacherError
from crembo_cli.teachers.contract import ClassLabel
from crembo_cli.teachers.model_info import ModelInfo
from crembo_cli.teachers.pickles.boosters import (
    NATIVE,
    BoosterClassifier,
    as_classifier,
    load_native,
)
from crembo_cli.teachers.pickles.input_adapter import InputAdapter
from crembo_cli.teachers.pickles.load_errors import explain, version_error
from crembo_cli.teachers.pickles.loaded_indices import check_indices
from crembo_cli.teachers.pickles.loaded_trees import check_trees, parts
from crembo_cli.teachers.process.wire import Array, Message, unpack

NUMBERED = "not in the booster: classes are numbered from 0"
SAVED_BY = re.compile(r"saved by scikit-learn (\S+)")  # in a note of `_notes`
SAMPLE = 500  # rows of a message on which predict and predict_proba are compared


class Estimator:
    """A classifier that was fitted on a frame or on an array."""

    def __init__(self, model: Any, *, warnings: Sequence[str], hard_labels: bool) -> None:
        self._model = model
        self._classes = class_labels(model)
        self._hard = hard_labels
        if not hard_labels and not hasattr(model, "predict_proba"):
            raise TeacherError(
                f"probabilities are not available: {type(model).__name__} has no predict_proba",
                hint="use its predicted labels: --hard-labels",
            )
        self._names = feature_names(model)
        self._count = feature_count(model)
        self._input = InputAdapter(model, self._names, self._count)
        self._sample: Any = None  # rows to compare predict with predict_proba on
        self._places: list[int] = []  # their numbers in the message
        numbered = isinstance(model, BoosterClassifier)
        self.info = ModelInfo(
            producer=_producer(model),
            feature_names=self._names,
            n_features=self._count,
            column_types=self._input.column_types,
            classes=self._classes,
            classes_source=NUMBERED if numbered else "the estimator's classes_",
            numbered=numbered,
            warnings=tuple(warnings),
        )

    def rows(self, header: dict[str, Any], arrays: list[Array]) -> Any:
        """Return the rows of a message in the form that the model was fitted on."""
        rows = self._input.rows(unpack(header, arrays), header["names"])
        if header.get("compare") and not self._hard:
            count = len(rows)
            self._places = np.unique(np.linspace(0, count - 1, SAMPLE, dtype=np.int64)).tolist()
            self._sample = rows.iloc[self._places] if hasattr(rows, "iloc") else rows[self._places]
        return rows

    def predict(self, rows: Any) -> Any:
        """Return the probabilities that the model predicts, or its labels if they are hard."""
        predict = self._model.predict if self._hard else self._model.predict_proba
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # warnings of the library do not help the user
                return predict(rows)
        except (AttributeError, TypeError) as error:  # a state that lacks new attributes
            saved_by = next(filter(None, map(SAVED_BY.search, self.info.warnings)), None)
            if saved_by is None:
                raise
            raise version_error(saved_by[1], f"{type(error).__name__}: {error}") from error

    def scores(self, answer: Any, count: int) -> Message:
        """Return probabilities as one array (n, c), or labels as class indices, int64 (n,)."""
        values = np.asarray(answer)
        if self._hard:
            places = {label: place for place, label in enumerate(self._classes)}
            if values.size != count:
                raise _several_labels(f"{values.size} labels for {count} rows")
            labels = [places.get(label, -1) for label in values.reshape(count).tolist()]
            return {"names": [""], "classes": None}, [np.array(labels, dtype=np.int64)]
        if values.ndim != 2 or len(values) != count:
            raise TeacherError(
                "predict_proba returns an invalid shape",
                found=f"shape {values.shape}",
                wanted=f"({count}, {len(self._classes)})",
            )
        header: dict[str, Any] = {"names": ["predict_proba"], "classes": None}
        if self._sample is not None:
            header["sample"] = self._places, self._predicted_labels()
        return header, [values.astype(np.float64)]

    def _predicted_labels(self) -> list[int] | None:
        """Return the predicted class indices of the sample; None if predict fails."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                predicted = np.asarray(self._model.predict(self._sample)).ravel().tolist()
        except Exception:  # only predict_proba is needed
            return None
        finally:
            self._sample = None
        places = {label: place for place, label in enumerate(self._classes)}
        labels = [places.get(label, -1) for label in predicted]
        return None if -1 in labels else labels  # CatBoost may predict other types than classes_


def use_threads() -> None:
    """Let joblib use threads alone, in this thread and those that it starts.

    It also does once what libraries would do later, which a confined process may not: joblib
    tries a semaphore when it is imported, threadpoolctl starts a process to find the C library.
    """
    import joblib
    import threadpoolctl  # type: ignore[import-untyped] # ships no types

    joblib.parallel_config("threading")  # it holds from here on, unless it is used as a context
    threadpoolctl.ThreadpoolController()


def load_estimator(
    path: str, format_: str, *, trust: bool, threads: int = 1
) -> tuple[Any, list[str]]:
    """Load the object in a file; return it with the warnings of its libraries.

    None of its parts computes with more than this many `threads`.

    Raises:
        TeacherError: the file is invalid, or the allow-list refuses it.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        if format_ == "skops":
            from crembo_cli.teachers.pickles.skops_file import load_skops

            model = load_skops(Path(path), trust=trust)
        elif format_ in NATIVE:
            model = load_native(Path(path), format_)
        else:
            from crembo_cli.teachers.pickles.file import load_pickle

            try:
                model = load_pickle(Path(path), trust=trust)
            except TeacherError as error:
                raise explain(error, Path(path)) from error.__cause__
        check_trees(model)
        check_indices(model)
        model = as_classifier(model)
    for each in parts(model):
        count = getattr(each, "__dict__", {}).get("n_jobs")
        if isinstance(count, int) and not 0 <= count <= threads:  # negative: all the cores
            each.n_jobs = threads
    return model, _notes(caught)


def class_labels(model: Any) -> tuple[ClassLabel, ...]:
    """Return the classes of the model as Python scalars, in the order of its probabilities.

    Raises:
        TeacherError: the object is not a classifier, or has several labels per row.
    """
    if not hasattr(model, "predict"):
        raise TeacherError(
            "expected a classifier",
            found=f"an object of {type(model).__module__}.{type(model).__qualname__}",
            wanted="a fitted classifier or pipeline",
        )
    classes = getattr(model, "classes_", None)
    if classes is None or len(classes) == 0:  # CatBoost's regressors have an empty list
        raise TeacherError(
            "the teacher has no classes_: it is not a classifier, or is not fitted",
            found=f"{type(model).__module__}.{type(model).__qualname__}",
            wanted="a fitted classifier",
        )
    if np.ndim(classes[0]) or _is_multilabel(model):
        raise _several_labels(f"{type(model).__module__}.{type(model).__qualname__}")
    labels = tuple(np.asarray(classes).ravel().tolist())
    if len(labels) < 2:
        raise TeacherError(
            "the teacher has only one class", found=repr(labels[0]), wanted="2 or more classes"
        )
    return labels


def _is_multilabel(model: Any) -> bool:
    """Return whether a model, or the last step of a pipeline or search, has labels by column."""
    inner = model.steps[-1][1] if hasattr(model, "steps") else model
    inner = getattr(inner, "best_estimator_", inner)
    if inner is not model:
        return _is_multilabel(inner)
    binarizer = getattr(model, "_label_binarizer", None)  # of MLPClassifier
    several = getattr(binarizer, "y_type_", "") == "multilabel-indicator"
    return several or bool(getattr(model, "multilabel_", False))


def _several_labels(found: str) -> TeacherError:
    return TeacherError(
        "unsupported teacher: several labels per row", found=found, wanted="one label per row"
    )


def feature_names(model: Any) -> tuple[str, ...] | None:
    """Return the names of its features; None if it was fitted on an array."""
    names = getattr(model, "feature_names_in_", None)
    if names is None:
        names = getattr(model, "feature_names_", None)  # CatBoost numbers columns without names
        if names is not None and list(names) == [str(place) for place in range(len(names))]:
            return None
    return None if names is None else tuple(str(name) for name in names)


def feature_count(model: Any) -> int | None:
    """Return the number of its features; None if unknown."""
    names = getattr(model, "feature_names_", None)  # CatBoost does not store n_features_in_
    count = getattr(model, "n_features_in_", None) if names is None else len(names)
    return None if count is None else int(count)


def _producer(model: Any) -> str:
    package = getattr(model, "package", type(model).__module__.partition(".")[0])
    version = getattr(sys.modules.get(package), "__version__", "")
    return f"{type(model).__name__} of {package} {version}".strip()


def _notes(caught: Sequence[warnings.WarningMessage]) -> list[str]:
    notes: list[str] = []
    for each in caught:
        saved_by = getattr(each.message, "original_sklearn_version", None)
        if saved_by is not None:  # InconsistentVersionWarning, one per estimator
            now = getattr(each.message, "current_sklearn_version", "another version")
            note = (
                f"the teacher was saved by scikit-learn {saved_by} and loaded by {now}; its"
                " predictions may differ"
            )
        elif issubclass(each.category, DeprecationWarning):
            continue
        else:
            note = str(each.message).strip().partition("\n")[0]
        if note not in notes:
            notes.append(note)
    return notes
