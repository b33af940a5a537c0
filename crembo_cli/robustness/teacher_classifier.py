"""A classifier behind its file, queried with encoded rows."""

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
UNSEEN = "\ufffd"  # a text that is no category: what it was is not known from its code


@dataclass(frozen=True, kw_only=True)
class TeacherClassifier:
    """Answers encoded rows by asking the model."""

    model: Teacher
    encoding: Encoding
    places: Indices  # for each of the model's classes its place among those that are meant

    def predict(self, rows: Floats) -> Indices:
        """Places of the classes said, int64 (n,), for float32 rows (n, p)."""
        return self.says(self.frame(rows))

    def settled(self, rows: Floats) -> Floats:
        """The rows (n, p) that are asked about for `rows`: each cell as the model's input holds it.

        A cell of an input of whole numbers is rounded to one, of a half-precision input to that.
        """
        found = rows.copy()
        for j, (feature, kind) in enumerate(
            zip(self.encoding.features, self._types(), strict=True)
        ):
            if kind == "float16":
                with np.errstate(over="ignore"):  # as it would arrive: beyond 65,504 is infinite
                    found[:, j] = rows[:, j].astype(np.float16)
            elif kind not in FRACTIONS and not feature.categories:
                found[:, j] = np.rint(rows[:, j])
        return found

    def says(self, frame: pd.DataFrame) -> Indices:
        """The same for cells as the model takes them."""
        predicted: Indices = self.places[self.model.beliefs(frame).argmax(axis=1)]
        return predicted

    def frame(self, rows: Floats) -> pd.DataFrame:
        """The cells that `rows` stand for; numbers stay fractions where the model takes those."""
        import pandas as pd

        columns: dict[str, pd.Series[Any]] = {}
        settled = self.settled(rows)
        for j, feature in enumerate(self.encoding.features):
            cells = settled[:, j].astype(np.float64)
            if feature.categories:
                texts = np.array([*feature.categories, UNSEEN, None], object)
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
    """For each of the classes `own` its place among `theirs`: int64.

    Classes are one where they are written the same (1, 1.0 and True are); where one side only
    numbers its classes (`numbered`) and has as many, they are matched by order.

    Raises StudentError for classes that the other side does not have.
    """
    texts = [_written(each) for each in theirs]
    found = [texts.index(_written(each)) if _written(each) in texts else None for each in own]
    if None not in found:
        return np.array(found, np.int64)
    if numbered and len(own) == len(theirs):
        return np.arange(len(own))
    raise StudentError(
        "student and teacher do not tell the same classes apart",
        where=where,
        found=", ".join(map(str, own)),
        wanted=", ".join(map(str, theirs)),
    )


def _written(label: ClassLabel) -> str:
    """A class as text; a number that is whole without its fraction."""
    if not isinstance(label, str) and float(label).is_integer():
        return str(int(label))
    return str(label)
