"""What a teacher must offer: a black box that answers rows with beliefs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

Beliefs = NDArray[np.float32]
ClassLabel = int | str | bool | float
Progress = Callable[[int], None]  # called with the number of rows answered so far


@dataclass(frozen=True, kw_only=True)
class ModelInput:
    """One input of an ONNX model."""

    name: str
    type: str  # ONNX element type in lower case: float, double, float16, int64, bool, string, ...
    shape: tuple[int | str | None, ...]  # as declared, batch first; str and None are open
    width: int  # how many of the features, in order, it takes; where the shape leaves that
    # open: 0 before the first beliefs(), the table's number of features after it


@dataclass(frozen=True, kw_only=True)
class ModelOutput:
    """One output of an ONNX model."""

    name: str
    type: str  # tensor(float), tensor(int64), seq(map(string,tensor(float))), ...
    shape: tuple[int | str | None, ...]  # as declared; () for sequences


class Teacher(Protocol):
    """A saved classifier. Everything it says of itself is known before the first beliefs(),
    but for `classes`, `numbered`, `output_format`, `warnings` and open widths: those may need a
    table.
    """

    @property
    def name(self) -> str:
        """The file's name, for messages."""
        ...

    @property
    def sha256(self) -> str:
        """Of the file, and of the files beside it that hold its weights."""
        ...

    @property
    def bytes(self) -> int:
        """The size of the same."""
        ...

    @property
    def format(self) -> str:
        """`onnx`, `pickle`, `skops` or `beliefs`."""
        ...

    @property
    def producer(self) -> str:
        """What wrote it, in words; "" where the file does not say."""
        ...

    @property
    def metadata(self) -> Mapping[str, str]:
        """An ONNX model's metadata_props; empty for the others."""
        ...

    @property
    def feature_names(self) -> tuple[str, ...] | None:
        """The columns it takes, in order; None where it knows no names."""
        ...

    @property
    def n_features(self) -> int | None:
        """How many columns it takes; None where it takes any number, and for beliefs."""
        ...

    @property
    def inputs(self) -> tuple[ModelInput, ...]:
        """An ONNX model's inputs, which consume the features in order; () for the others."""
        ...

    @property
    def outputs(self) -> tuple[ModelOutput, ...]:
        """An ONNX model's outputs; () for the others."""
        ...

    @property
    def answers_new_rows(self) -> bool:
        """False for a table of beliefs."""
        ...

    @property
    def rows(self) -> int | None:
        """How many rows a table of beliefs holds; None for a model."""
        ...

    @property
    def classes(self) -> tuple[ClassLabel, ...]:
        """Python scalars in the order of the beliefs' columns; () while not yet known."""
        ...

    @property
    def classes_source(self) -> str:
        """Where the classes were found, in words."""
        ...

    @property
    def numbered(self) -> bool:
        """Whether the model names no classes: they are then its outputs' numbers, 0..c-1."""
        ...

    @property
    def output_format(self) -> str:
        """How beliefs are read from its answers, in words."""
        ...

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences for standard error, each to be said once."""
        ...

    def beliefs(self, frame: pd.DataFrame, progress: Progress | None = None) -> Beliefs:
        """The probability of each class on each row, float32 (n, c); rows sum to 1.

        `frame` holds the feature columns in the teacher's order; its index holds the rows'
        numbers in the table, for messages and for a table of beliefs.

        Raises:
            TeacherError: it crashed, gave no answer in time, ran out of memory, cannot take
                these cells, or answered with something else than probabilities.
        """
        ...

    def rows_per_second(self, frame: pd.DataFrame) -> float:
        """How many rows it predicts in a second, the way to it and back not counted.

        Raises:
            TeacherError: as `beliefs`; also for a table of beliefs, which predicts nothing.
        """
        ...

    def close(self) -> None:
        """Ends what runs for it. Nothing may be asked afterwards; closing twice is fine."""
        ...
