"""The interface of a teacher: a function from rows to class probabilities."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

    from crembo_cli.dataset.dtypes import ColumnType

Beliefs = NDArray[np.float32]
ClassLabel = int | str | bool | float
Progress = Callable[[int], None]  # called with the number of rows predicted so far


@dataclass(frozen=True, kw_only=True)
class ModelInput:
    """One input of an ONNX model."""

    name: str
    type: str  # ONNX element type in lower case: float, double, float16, int64, bool, string, ...
    shape: tuple[int | str | None, ...]  # as declared, batch first; str and None are dynamic
    width: int  # number of features that it takes, in order. If the shape is dynamic: 0 before
    # the first beliefs(), then the table's number of features


@dataclass(frozen=True, kw_only=True)
class ModelOutput:
    """One output of an ONNX model."""

    name: str
    type: str  # tensor(float), tensor(int64), seq(map(string,tensor(float))), ...
    shape: tuple[int | str | None, ...]  # as declared; () for a sequence


class Teacher(Protocol):
    """A saved classifier.

    All properties are known before the first beliefs(), except `classes`, `numbered`,
    `output_format`, `warnings` and dynamic widths, which may depend on its answers.
    """

    @property
    def name(self) -> str:
        """The name of the file, for messages."""
        ...

    @property
    def sha256(self) -> str | None:
        """The SHA-256 of the file and of the external files that hold its weights.

        None for an object in memory that cannot be pickled.
        """
        ...

    @property
    def bytes(self) -> int | None:
        """The size of the same files; None where `sha256` is None."""
        ...

    @property
    def format(self) -> str:
        """`onnx`, `pickle`, `skops` or `beliefs`."""
        ...

    @property
    def producer(self) -> str:
        """The program that wrote the file, in words; "" if unknown."""
        ...

    @property
    def metadata(self) -> Mapping[str, str]:
        """The metadata_props of an ONNX model; empty for other formats."""
        ...

    @property
    def feature_names(self) -> tuple[str, ...] | None:
        """The names of its features, in order; None if it knows no names."""
        ...

    @property
    def n_features(self) -> int | None:
        """The number of its features; None if any will do, and for a table of probabilities."""
        ...

    def column_types(self, count: int) -> tuple[ColumnType, ...]:
        """Return what it knows about the values of its features, of which a table has `count`.

        () if it knows nothing.
        """
        ...

    @property
    def inputs(self) -> tuple[ModelInput, ...]:
        """The inputs of an ONNX model, which take the features in order; else ()."""
        ...

    @property
    def outputs(self) -> tuple[ModelOutput, ...]:
        """The outputs of an ONNX model; () for other formats."""
        ...

    @property
    def answers_new_rows(self) -> bool:
        """Whether it can predict new rows; false for a table of class probabilities."""
        ...

    @property
    def rows(self) -> int | None:
        """The number of rows of a table of class probabilities; None for a model."""
        ...

    @property
    def classes(self) -> tuple[ClassLabel, ...]:
        """The class labels, as Python scalars, in the order of beliefs(); () if not yet known."""
        ...

    @property
    def classes_source(self) -> str:
        """The place in the model where the class labels are stored, in words."""
        ...

    @property
    def numbered(self) -> bool:
        """Whether the model stores no class labels: its classes are then 0..c-1."""
        ...

    @property
    def output_format(self) -> str:
        """How its outputs become class probabilities, in words."""
        ...

    @property
    def threshold(self) -> float | None:
        """Of two classes, the probability above which it predicts the second, if not one half.

        None if it predicts the most probable class, or before the first table.
        """
        ...

    @property
    def warnings(self) -> tuple[str, ...]:
        """Notes for the user, one sentence each."""
        ...

    def beliefs(self, frame: pd.DataFrame, progress: Progress | None = None) -> Beliefs:
        """Return the probability of each class on each row, float32 (n, c); rows sum to 1.

        `frame` holds the feature columns in the teacher's order. Its index holds the numbers of
        the rows in the table, for messages and for a table of class probabilities.

        Raises:
            TeacherError: the model crashed, timed out, ran out of memory, does not accept a
                cell, or does not return probabilities.
        """
        ...

    def rows_per_second(self, frame: pd.DataFrame) -> float:
        """Return the number of rows that it predicts in a second, without data transfer.

        Raises:
            TeacherError: as for `beliefs`; also for a table of class probabilities.
        """
        ...

    def close(self) -> None:
        """Stop its process. It cannot be used afterwards; closing twice is allowed."""
        ...
