"""Small evidence, and families whose students must come out in one way only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from crembo_cli.dataset.columns import Columns
from crembo_cli.dataset.encode import Encoding, learn_encoding
from crembo_cli.dataset.labelled import LabelledTable, Splits, part
from crembo_cli.dataset.table import Table
from crembo_cli.search.student import Compression, Search, find_student
from crembo_cli.search.training_rows import TrainingRows
from crembo_cli.students.contract import Feature, Floats, Indices, Student, Task


def evidence_of(
    frame: pd.DataFrame,
    beliefs: Floats,
    y_true: Indices | None = None,
    encoding: Encoding | None = None,
) -> LabelledTable:
    """A table with the teacher's answers, as `gather` makes it."""
    encoding = encoding or learn_encoding(frame, beliefs)
    return LabelledTable(
        table=Table(name="data.csv", sha256="", frame=frame),
        total=len(frame),
        columns=Columns(label=None, features=tuple(frame.columns), extra=()),
        encoding=encoding,
        frame=frame,
        rows=encoding.encode(frame),
        beliefs=beliefs,
        y_true=y_true,
    )


def mixed_frame(rng: np.random.Generator, count: int) -> pd.DataFrame:
    """A column of each kind: numbers with holes, whole numbers, yes or no, text."""
    size = rng.normal(size=count)
    size[rng.random(count) < 0.1] = np.nan
    return pd.DataFrame(
        {
            "size": size,
            "age": rng.integers(0, 90, count),
            "member": rng.random(count) < 0.5,
            "colour": pd.Series(rng.choice(np.array(["red", "green", None]), count), dtype=object),
        }
    )


def three_classes(frame: pd.DataFrame) -> Floats:
    """Beliefs of a teacher that looks at age and colour: float32 (n, 3)."""
    age = frame["age"].to_numpy(np.float64) / 90
    red = (frame["colour"] == "red").to_numpy(np.float64)
    scores = np.exp(4 * np.stack([age, 1 - age, red], axis=1))
    return (scores / scores.sum(axis=1, keepdims=True)).astype(np.float32)


def small_parts(count: int = 200) -> Splits:
    """Training, validation and test rows of a mixed table, labelled by the teacher."""
    frame = mixed_frame(np.random.default_rng(0), count)
    beliefs = three_classes(frame)
    whole = evidence_of(frame, beliefs, beliefs.argmax(axis=1))
    where = np.arange(count) % 5
    return Splits(
        train=part(whole, np.flatnonzero(where < 3)),
        validation=part(whole, np.flatnonzero(where == 3)),
        test=part(whole, np.flatnonzero(where == 4)),
    )


def found_on(parts: Splits, family: Any, search: Search) -> Compression:
    """A student of `family`, without synthetic rows."""

    def rows(of: LabelledTable) -> TrainingRows:
        return TrainingRows(rows=of.rows, beliefs=of.beliefs, y_true=of.y_true, real=len(of.rows))

    return find_student(rows(parts.train), rows(parts.validation), family, search)


@dataclass(frozen=True)
class Constant:
    """A student that predicts one class for every row."""

    label: int
    classes: int

    def predict(self, rows: Floats) -> Indices:
        """The class, for each row."""
        return np.full(len(rows), self.label, np.int64)

    def predict_proba(self, rows: Floats) -> Floats:
        """1 for the class."""
        return np.eye(self.classes, dtype=np.float32)[self.predict(rows)]

    def size(self) -> dict[str, int]:
        """One leaf, so that the trees of its size are constant too."""
        return {"parameters": 1, "leaves": 1, "tree_depth": 0}

    def describe(self, features: Sequence[Feature], classes: Sequence[str]) -> str:
        """The class."""
        return f"always: {classes[self.label]}"


@dataclass(frozen=True, kw_only=True)
class ConstantFamily:
    """Students that predict one class."""

    name: ClassVar[str] = "constant"
    summary: ClassVar[str] = "one class"
    thresholds: ClassVar[int | None] = 0
    label: int = field(default=1, metadata={"help": "The class.", "minimum": 0, "maximum": 9})

    def learner(self, task: Task) -> ConstantLearner:
        """Nothing to prepare."""
        return ConstantLearner(Constant(self.label, task.beliefs.shape[1]))


@dataclass(frozen=True)
class ConstantLearner:
    """Fits nothing."""

    student: Constant

    def fit(self, rewards: Floats, start: Student | None = None) -> Constant:
        """The one student there is."""
        return self.student

    def finish(self, student: Student) -> Student:
        """The same."""
        return student
