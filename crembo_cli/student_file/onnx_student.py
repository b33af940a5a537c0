"""A student's ONNX file, ready to predict with onnxruntime."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from crembo_cli.errors import DataError, StudentError
from crembo_cli.files import write_together
from crembo_cli.student_file.build import feeds, session
from crembo_cli.student_file.codes import code_frame
from crembo_cli.student_file.keys import FEATURES, MISSING_TEXTS
from crembo_cli.student_file.outputs import LABEL, run_student
from crembo_cli.students.contract import Feature, Floats

if TYPE_CHECKING:
    import onnxruntime
    import pandas as pd


class OnnxStudent:
    """A student that predicts on frames and arrays.

    Rows are a pandas or polars frame or a mapping of names to arrays with the features by name
    (other columns are ignored), or a numeric array (n, p) with the features in order.
    """

    def __init__(self, content: bytes) -> None:
        self.content = content

    @property
    def sha256(self) -> str:
        """SHA-256 of the file."""
        return sha256(self.content).hexdigest()

    @cached_property
    def features(self) -> tuple[str, ...]:
        """The names of the features, in order."""
        return tuple(each.name for each in self._metadata_features)

    @cached_property
    def classes(self) -> tuple[int | str, ...]:
        """The class labels, in the order of the columns of `predict_proba`."""
        from onnx import load_from_string

        from crembo_cli.student_file.read import classes_of

        return classes_of(load_from_string(self.content))

    @property
    def batch(self) -> int | None:
        """The number of rows that its inputs take at a time, as its teacher's; None: any."""
        size = self._session.get_inputs()[0].shape[0]
        return size if isinstance(size, int) else None

    def predict(self, rows: Any) -> NDArray[Any]:
        """The label of each row: int64 or str objects (n,). Raises DataError."""
        frame = self._frame(rows)
        parts = [self._session.run([LABEL], fed)[0] for fed in self._feeds(frame)]
        return np.concatenate(parts)[: len(frame)]

    def predict_proba(self, rows: Any) -> Floats:
        """The class probabilities of each row: float32 (n, c). Raises DataError."""
        frame = self._frame(rows)
        parts = [run_student(self._session, fed, self.classes)[1] for fed in self._feeds(frame)]
        return np.concatenate(parts)[: len(frame)]

    def save(self, path: str | Path) -> None:
        """Write the ONNX file in one step. Raises OutputError."""
        write_together({Path(path): self.content})

    @cached_property
    def _metadata(self) -> dict[str, str]:
        from onnx import load_from_string

        from crembo_cli.student_file.metadata import metadata_of

        return metadata_of(load_from_string(self.content))

    @cached_property
    def _metadata_features(self) -> tuple[Feature, ...]:
        from crembo_cli.student_file.features import read_features

        return read_features(json.loads(self._metadata[FEATURES]))

    @cached_property
    def _session(self) -> onnxruntime.InferenceSession:
        return session(self.content, 1)

    def _frame(self, rows: Any) -> pd.DataFrame:
        """The features of `rows`, in order, as the inputs take them."""
        import pandas as pd

        from crembo_cli.dataset.dtypes import as_dtypes
        from crembo_cli.dataset.frames import table_in_memory

        if isinstance(rows, np.ndarray):
            if rows.ndim != 2 or rows.shape[1] != len(self.features):
                raise DataError(
                    "the array does not fit the student",
                    found=f"shape {rows.shape}",
                    wanted=f"(n, {len(self.features)})",
                )
            rows = pd.DataFrame(rows, columns=list(self.features))
        table = table_in_memory(rows)
        missing = [name for name in self.features if name not in table.frame.columns]
        if missing:
            raise DataError(
                "a feature is missing",
                found=", ".join(map(repr, table.frame.columns)),
                wanted=repr(missing[0]),
            )
        text = [each.name for each in self._metadata_features if each.categories]
        numbers = [name for name in self.features if name not in text]
        frame = as_dtypes(table, numbers=numbers, text=text).frame[list(self.features)]
        missing_texts = json.loads(self._metadata.get(MISSING_TEXTS, "null"))
        if missing_texts is None:
            return frame
        return code_frame(frame, self._metadata_features, missing_texts)

    def _feeds(self, frame: pd.DataFrame) -> Iterator[dict[str, Any]]:
        from crembo_cli.teachers.onnx.inputs import describe_input, resolve_widths

        declared = [describe_input(each) for each in self._session.get_inputs()]
        return feeds(resolve_widths(declared, frame.shape[1]), frame)


def load_student(path: str | Path) -> OnnxStudent:
    """The student in the ONNX file at `path`, which crembo wrote.

    Raises StudentError where there is none.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise StudentError(
            "the student cannot be read", where=str(path), found=error.strerror
        ) from error
    from onnx import load_from_string

    from crembo_cli.student_file.read import HINT_BARE, read_student_metadata

    if read_student_metadata(path) is None:
        bare = load_from_string(content).producer_name == "crembo"
        raise StudentError(
            "the student has no metadata" if bare else "not a student that crembo wrote",
            where=str(path),
            hint=HINT_BARE if bare else None,
        )
    return OnnxStudent(content)
