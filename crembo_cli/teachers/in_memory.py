"""A teacher in the caller's own process: a fitted estimator, or a function of rows.

Nothing isolates the caller from it: no memory limit, no timeout, no allow-list.
"""

from __future__ import annotations

import hashlib
import io
import math
from collections.abc import Callable, Mapping
from time import perf_counter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from crembo_cli.errors import TeacherError
from crembo_cli.teachers.contract import Beliefs, ClassLabel, ModelInput, ModelOutput, Progress
from crembo_cli.teachers.interpret import Interpretation, interpret
from crembo_cli.teachers.model_info import ModelInfo
from crembo_cli.teachers.process.timing import best_seconds, count_timed_rows
from crembo_cli.teachers.process.wire import Array, Message, pack, unpack

if TYPE_CHECKING:
    import pandas as pd

    from crembo_cli.dataset.dtypes import ColumnType
    from crembo_cli.teachers.pickles.estimator import Estimator


class Function:
    """A function from a frame of rows to class probabilities, with the interface of a model."""

    def __init__(self, function: Callable[[pd.DataFrame], Any]) -> None:
        self._function = function
        self.info = ModelInfo(
            producer=_name(function),
            classes_source="not named by the function: its columns are numbered from 0",
            numbered=True,
        )

    def rows(self, header: dict[str, Any], arrays: list[Array]) -> pd.DataFrame:
        """The message's rows as a frame with the table's column names."""
        import pandas as pd

        columns = unpack(header, arrays)
        named = zip(header["names"], columns, strict=True)
        return pd.DataFrame({name: pd.Series(each, dtype=each.dtype) for name, each in named})

    def predict(self, rows: pd.DataFrame) -> Any:
        """What the function returns."""
        return self._function(rows)

    def scores(self, answer: Any, count: int) -> Message:
        """The probabilities, checked for their shape."""
        scores = np.asarray(answer, dtype=np.float64)
        if scores.ndim != 2 or len(scores) != count:
            raise TeacherError(
                "the function must return one row of class probabilities for each row",
                found=f"an array of shape {scores.shape}",
                wanted=f"({count}, number of classes)",
            )
        return {"names": ["probabilities"], "classes": None}, [scores]


class InMemoryTeacher:
    """A `Teacher` for an estimator with `predict_proba`, or for a function of rows.

    A function gets a pandas frame of n rows with the table's feature columns, and returns class
    probabilities (n, c). Raises TeacherError for an object that is neither, and for an estimator
    that is not a fitted classifier.
    """

    feature_names: tuple[str, ...] | None
    n_features: int | None
    metadata: Mapping[str, str] = MappingProxyType({})
    inputs: tuple[ModelInput, ...] = ()
    outputs: tuple[ModelOutput, ...] = ()
    answers_new_rows = True
    rows: int | None = None

    def __init__(self, model: Any, *, hard_labels: bool) -> None:
        self._hard = hard_labels
        self._model = _adapt(model, hard_labels)
        info = self._model.info
        self.name = _name(model)
        self.format = "function" if isinstance(self._model, Function) else "estimator"
        self.sha256, self.bytes = _fingerprint(model)
        self.producer = info.producer
        self.feature_names, self.n_features = info.feature_names, info.n_features
        self.classes_source, self.numbered = info.classes_source, info.numbered
        self._interpretation: Interpretation | None = None
        self._pace = math.inf  # rows per second of the last beliefs()

    def beliefs(self, frame: pd.DataFrame, progress: Progress | None = None) -> Beliefs:
        """See `Teacher`."""
        if not len(frame):
            raise TeacherError("there are no rows to query the teacher about", where=self.name)
        start = perf_counter()
        header, arrays = self._predict(frame)
        self._pace = len(frame) / (perf_counter() - start)
        if progress is not None:
            progress(len(frame))
        answers = dict(zip(header["names"], arrays, strict=True))
        labels = answers.pop("", None)
        places, sampled = header.get("sample") or ([], None)
        rows = (frame.index + 1).tolist()  # as the messages count them
        if self._interpretation is None:
            self._interpretation = interpret(
                answers,
                labels,
                rows,
                sample=None
                if sampled is None
                else (np.array(places, np.int64), np.array(sampled, np.int64)),
                classes=self._model.info.classes,
                info=self._model.info,
                activation="auto",
                hard=self._hard,
            )
        return self._interpretation.beliefs(answers, labels, rows)

    def column_types(self, count: int) -> tuple[ColumnType, ...]:
        """See `Teacher`."""
        del count
        return self._model.info.column_types

    def rows_per_second(self, frame: pd.DataFrame) -> float:
        """See `Teacher`. By the quickest call."""
        count = count_timed_rows(self._pace, len(frame))
        rows = self._model.rows(*pack(frame.iloc[:count]))
        return count / best_seconds(lambda: self._model.predict(rows))

    @property
    def classes(self) -> tuple[ClassLabel, ...]:
        """See `Teacher`."""
        if self._interpretation is None:
            return self._model.info.classes or ()
        return self._interpretation.classes

    @property
    def output_format(self) -> str:
        """See `Teacher`."""
        own = "in the caller's process"
        return own if self._interpretation is None else f"{self._interpretation.words}, {own}"

    @property
    def threshold(self) -> float | None:
        """See `Teacher`."""
        return None if self._interpretation is None else self._interpretation.threshold

    @property
    def warnings(self) -> tuple[str, ...]:
        """See `Teacher`."""
        later = () if self._interpretation is None else self._interpretation.notes
        return (*self._model.info.warnings, *later)

    def close(self) -> None:
        """See `Teacher`; the object is the caller's own."""

    def _predict(self, frame: pd.DataFrame) -> Message:
        """The model's answer to `frame`; what it raises is reported with its name."""
        try:
            header, arrays = pack(frame)
            compare = self._interpretation is None
            answer = self._model.predict(self._model.rows({**header, "compare": compare}, arrays))
            return self._model.scores(answer, len(frame))
        except TeacherError as error:
            raise TeacherError(str(error), where=self.name) from error
        except Exception as error:
            first_line = str(error).strip().partition("\n")[0]
            raise TeacherError(
                f"the teacher failed: {type(error).__name__}: {first_line}", where=self.name
            ) from error


def _adapt(model: Any, hard_labels: bool) -> Estimator | Function:
    if hasattr(model, "predict"):
        from crembo_cli.teachers.pickles.estimator import Estimator

        return Estimator(model, warnings=(), hard_labels=hard_labels)
    if callable(model):
        return Function(model)
    raise TeacherError(
        "unsupported type of teacher",
        found=f"{type(model).__module__}.{type(model).__qualname__}",
        wanted="a path, a fitted estimator with predict_proba, or a function of rows",
    )


def _name(model: Any) -> str:
    return getattr(model, "__qualname__", type(model).__name__)


def _fingerprint(model: Any) -> tuple[str | None, int | None]:
    """The SHA-256 and the size of the object as joblib writes it; None where it cannot."""
    import joblib

    try:
        buffer = io.BytesIO()
        joblib.dump(model, buffer)
    except Exception:  # any class may refuse to be pickled, in its own way
        return None, None
    return hashlib.sha256(buffer.getvalue()).hexdigest(), len(buffer.getvalue())
