"""Categories as whole numbers: the inputs of a portable student, and tables of texts for them.

A category is its place in the list of its feature, in the metadata; another text is -1, a missing
cell -2.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from crembo_cli.arrays import Floats
from crembo_cli.dataset.dtypes import ColumnType
from crembo_cli.dataset.encode import text_codes
from crembo_cli.student_file.features import read_features
from crembo_cli.student_file.keys import FEATURES, MISSING_TEXTS
from crembo_cli.students.contract import Feature

if TYPE_CHECKING:
    import pandas as pd

    from crembo_cli.teachers.contract import ModelInput, Progress, Teacher

MISSING = -2  # the code of a missing cell


def code_frame(
    frame: pd.DataFrame, features: Sequence[Feature], missing_texts: Sequence[str]
) -> pd.DataFrame:
    """Return `frame`, the features in order, with the columns of text as codes, int64."""
    columns = {}
    for feature in features:
        cells = frame[feature.name]
        if feature.categories:
            codes = text_codes(cells, feature, tuple(missing_texts))
            columns[feature.name] = np.nan_to_num(codes, nan=MISSING).astype(np.int64)
    return frame.assign(**columns)


class CodedTeacher:
    """A portable student in the place of a teacher, queried with texts; all else is its own."""

    def __init__(
        self, teacher: Teacher, features: Sequence[Feature], missing_texts: Sequence[str]
    ) -> None:
        self._teacher, self._features, self._missing_texts = teacher, features, missing_texts

    def __getattr__(self, name: str) -> Any:
        return getattr(self._teacher, name)

    def __reduce__(self) -> tuple[Any, ...]:
        """On its way to a worker, its parts go."""
        return CodedTeacher, (self._teacher, self._features, self._missing_texts)

    @property
    def inputs(self) -> tuple[ModelInput, ...]:
        """Its inputs, those of codes as the texts that it takes here."""
        owners = [j for j, each in enumerate(self._teacher.inputs) for _ in range(each.width)]
        pairs = zip(owners, self._features, strict=False)
        coded = {j for j, feature in pairs if feature.categories}
        return tuple(
            replace(each, type="string") if j in coded else each
            for j, each in enumerate(self._teacher.inputs)
        )

    def column_types(self, count: int) -> tuple[ColumnType, ...]:
        """See `teachers.contract.Teacher.column_types`."""
        del count
        return tuple(
            ColumnType(kind="text" if each.categories else "number", categories=each.categories)
            for each in self._features
        )

    def beliefs(self, frame: pd.DataFrame, progress: Progress | None = None) -> Floats:
        """See `teachers.contract.Teacher.beliefs`."""
        return self._teacher.beliefs(self._coded(frame), progress)

    def rows_per_second(self, frame: pd.DataFrame) -> float:
        """See `teachers.contract.Teacher.rows_per_second`."""
        return self._teacher.rows_per_second(self._coded(frame))

    def _coded(self, frame: pd.DataFrame) -> pd.DataFrame:
        renamed = frame.set_axis([each.name for each in self._features], axis=1)
        return code_frame(renamed, self._features, self._missing_texts)


def with_codes(teacher: Teacher) -> Teacher:
    """Return `teacher` so that it takes texts, also if it is a portable student."""
    missing_texts = teacher.metadata.get(MISSING_TEXTS)
    if missing_texts is None:
        return teacher
    features = read_features(json.loads(teacher.metadata[FEATURES]))
    return cast("Teacher", CodedTeacher(teacher, features, json.loads(missing_texts)))
