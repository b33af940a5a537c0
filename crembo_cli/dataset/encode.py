"""Rows of a table as the student sees them: float32, categories as codes in order of belief."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from crembo_cli.dataset.ordering import order_categories
from crembo_cli.dataset.parse import MISSING
from crembo_cli.errors import DataError, DefectError
from crembo_cli.students.contract import Feature

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float32]

UNSEEN = -1
INT64 = (-(2.0**63), np.nextafter(2.0**63, 0.0))  # the range of int64 in float64
NO_TEXT = "(no text)"  # the one category of a column of text that is missing on all rows


@dataclass(frozen=True, kw_only=True)
class Encoding:
    """How the columns of a frame become numbers, and back."""

    features: tuple[Feature, ...]  # one per column, in order
    dtypes: tuple[np.dtype[Any], ...]  # of the columns it was learned from
    missing_texts: tuple[str, ...]  # texts that stand for a missing cell in every column of
    # text: all of `MISSING` but those that are a category of some column

    def encode(self, frame: pd.DataFrame) -> Floats:
        """Rows, float32 (n, p) in C order, for a frame that has the learned columns.

        Numbers are rounded to float32, booleans 0 and 1. Text becomes its category's code, -1
        where it was not seen when the encoding was learned, NaN where it is missing.

        Raises `DataError` where a column is not there, or is text where a number was learned or
        the other way round.
        """
        rows = np.empty((len(frame), len(self.features)), np.float32)
        for j, feature in enumerate(self.features):
            rows[:, j] = self._encode(frame, feature)
        return rows

    def decode(self, rows: Floats) -> pd.DataFrame:
        """The frame, with the learned columns and dtypes, that `rows` (n, p) stand for.

        Integers are rounded to the nearest, codes too. Raises `DefectError` for the code -1,
        which stands for no text, and for NaN where integers or booleans were learned.
        """
        import pandas as pd

        columns: dict[str, pd.Series[Any]] = {}
        for j, (feature, dtype) in enumerate(zip(self.features, self.dtypes, strict=True)):
            values = self._decode(rows[:, j], feature, dtype)
            columns[feature.name] = pd.Series(values, dtype=values.dtype)
        return pd.DataFrame(columns, index=pd.RangeIndex(len(rows)), copy=False)

    def _encode(self, frame: pd.DataFrame, feature: Feature) -> NDArray[Any]:
        if feature.name not in frame.columns:
            raise DataError("a feature is missing", wanted=repr(feature.name))
        cells = frame[feature.name]
        is_text = cells.dtype == object
        if is_text != bool(feature.categories):
            raise DataError(
                "a feature is not what it was when it was learned",
                where=f"column {feature.name!r}",
                found="text" if is_text else "numbers",
                wanted="numbers" if is_text else "text",
            )
        if not is_text:
            return cells.to_numpy()
        return _codes(cells, feature.categories, self.missing_texts)

    def _decode(self, column: Floats, feature: Feature, dtype: np.dtype[Any]) -> NDArray[Any]:
        if dtype.kind == "f":
            return column.astype(dtype)
        whole = np.rint(column)
        missing = np.isnan(whole)
        if not feature.categories:
            if missing.any():
                raise DefectError(f"a missing cell in column {feature.name!r}, which had none")
            if dtype.kind == "b":
                return whole > 0.5
            return whole.astype(np.float64).clip(*INT64).astype(np.int64)
        if (whole < 0).any() or (whole >= len(feature.categories)).any():
            raise DefectError(f"a code of column {feature.name!r} stands for no category")
        texts = np.empty(len(feature.categories) + 1, dtype=object)
        texts[:-1] = feature.categories
        codes = np.where(missing, len(feature.categories), whole).astype(np.int64)
        taken: NDArray[np.object_] = texts[codes]
        return taken


def learn_encoding(frame: pd.DataFrame, beliefs: Floats) -> Encoding:
    """Learn the encoding of `frame`'s columns from the teacher's beliefs (n, c) on its rows.

    The categories of a column of text are its different texts, coded 0..k-1 in the order of
    `order_categories`. The frame's columns are as `Table.frame` has them.
    """
    import pandas as pd

    features: list[Feature] = []
    known: set[str] = set()
    for name in frame.columns:
        categories: tuple[str, ...] = ()
        if frame[name].dtype == object:
            codes, texts = pd.factorize(frame[name].to_numpy())
            categories = order_categories(codes, list(texts), beliefs) or (NO_TEXT,)
            known.update(categories)
        features.append(Feature(name=name, categories=categories))
    return Encoding(
        features=tuple(features),
        dtypes=tuple(frame.dtypes),
        missing_texts=tuple(text for text in MISSING if text not in known),
    )


def _codes(
    cells: pd.Series[Any], categories: tuple[str, ...], missing_texts: tuple[str, ...]
) -> Floats:
    """The categories' codes for a column of text."""
    import pandas as pd

    codes, texts = pd.factorize(cells.to_numpy())
    place: dict[str, float] = {category: float(code) for code, category in enumerate(categories)}
    place.update(dict.fromkeys(missing_texts, np.nan))
    table = np.array([*(place.get(text, UNSEEN) for text in texts), np.nan], np.float32)
    taken: Floats = table[codes]  # a missing cell's -1 is the table's last place
    return taken
