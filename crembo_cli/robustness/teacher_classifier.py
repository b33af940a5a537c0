"""A model from a file as a classifier of encoded rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from crembo_cli.dataset.encode import Encoding
from crembo_cli.errors import StudentError
from crembo_cli.students.contract import Floats, Indices

if TYPE_CHECKING:
    import pandas as pd

    from crembo_cli.teachers.contract import ClassLabel, Teacher

FRACTIONS = ("float", "double", "float16")  # input types that take any number
UNSEEN_TEXT = "\ufffd"  # stands for an unseen category: its code does not tell its text


@dataclass(frozen=True, kw_only=True)
class TeacherClassifier:
    """Predicts encoded rows by querying the model."""

    model: Teacher
    encoding: Encoding
    places: Indices  # for each of the model's classes, its index among the student's

    def predict(self, rows: Floats) -> Indices:
        """Class indices, int64 (n,), for float32 rows (n, p)."""
        return self.predict_frame(self.frame(rows))

    def as_input(self, rows: Floats) -> Floats:
        """The rows (n, p) as the model's input types can hold them.

        Cells are rounded to whole numbers for an integer input, to float16 for a float16 input.
        """
        found = rows.copy()
        for j, (feature, kind) in enumerate(
            zip(self.encoding.features, self._types(), strict=True)
        ):
            if kind == "float16":
                with np.errstate(over="ignore"):  # beyond 65,504 a float16 is infinite
                    found[:, j] = rows[:, j].astype(np.float16)
            elif kind not in FRACTIONS and not feature.categories:
                found[:, j] = np.rint(rows[:, j])
        return found

    def predict_frame(self, frame: pd.DataFrame) -> Indices:
        """Class indices, int64 (n,), for cells as the model takes them."""
        predicted: Indices = self.places[self.model.beliefs(frame).argmax(axis=1)]
        return predicted

    def frame(self, rows: Floats) -> pd.DataFrame:
        """Decode `rows` into cells as the model takes them."""
        import pandas as pd

        columns: dict[str, pd.Series[Any]] = {}
        rounded = self.as_input(rows)
        for j, feature in enumerate(self.encoding.features):
            cells = rounded[:, j].astype(np.float64)
            if feature.categories:
                texts = np.array([*feature.categories, UNSEEN_TEXT, None], object)
                codes = np.where(cells < 0, len(feature.categories), cells)
                codes = np.where(np.isnan(cells), len(feature.categories) + 1, codes)
                columns[feature.name] = pd.Series(texts[codes.astype(np.int64)], dtype=object)
            else:
                columns[feature.name] = pd.Series(cells)
        return pd.DataFrame(columns)

    def _types(self) -> list[str]:
        """The type of the model's input for each feature."""
        return [each.type for each in self.model.inputs for _ in range(each.width)]


def match_classes(
    own: Sequence[ClassLabel], theirs: Sequence[ClassLabel], where: str, *, numbered: bool
) -> Indices:
    """For each class in `own`, its index in `theirs`: int64.

    Classes match if their texts are equal; 1, 1.0 and True have the same text. If one side only
    numbers its classes (`numbered`) and both have as many, they are matched by order.

    Raises StudentError for a class that `theirs` does not have.
    """
    texts = [_written(each) for each in theirs]
    found = [texts.index(_written(each)) if _written(each) in texts else None for each in own]
    if None not in found:
        return np.array(found, np.int64)
    if numbered and len(own) == len(theirs):
        return np.arange(len(own))
    raise StudentError(
        "student and teacher have different classes",
        where=where,
        found=", ".join(map(str, own)),
        wanted=", ".join(map(str, theirs)),
    )


def _written(label: ClassLabel) -> str:
    """A class as text; a whole number without its fraction."""
    if not isinstance(label, str) and float(label).is_integer():
        return str(int(label))
    return str(label)
