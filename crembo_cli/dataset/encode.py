"""Rows of a table as the student sees them: float32, categories as codes in order of belief."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from crembo_cli.dataset.literals import MISSING
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
    # text: the empty one first, then all of `MISSING` that are no category of any column
    absent: tuple[str | None, ...]  # how each column writes a missing cell: "" or None

    def encode(self, frame: pd.DataFrame) -> Floats:
        """Rows, float32 (n, p) in C order, for a frame that has the learned columns.

        Numbers are rounded to float32, booleans 0 and 1. Text becomes its category's code, -1
        where it was not seen when the encoding was learned, NaN where it is missing or empty.

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
        for j, feature in enumerate(self.features):
            values = (
                _texts(rows[:, j], feature, self.absent[j])
                if feature.categories
                else _numbers(rows[:, j], feature.name, self.dtypes[j])
            )
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


def learn_encoding(frame: pd.DataFrame, beliefs: Floats) -> Encoding:
    """Learn the encoding of `frame`'s columns from the teacher's beliefs (n, c) on its rows.

    The categories of a column of text are its different texts, coded 0..k-1 in the order of
    `order_categories`. The frame's columns are as `Table.frame` has them. An empty text is a
    missing cell to the student, since an ONNX input of text has no other way to say so.
    """
    import pandas as pd

    features: list[Feature] = []
    absent: list[str | None] = []
    known: set[str] = set()
    for name in frame.columns:
        cells = frame[name]
        missing = cells.isna()
        categories: tuple[str, ...] = ()
        absent.append(None)
        if cells.dtype == object:
            empty = cells == ""
            if empty.any() and not missing.any():
                absent[-1] = ""
            missing |= empty
            codes, texts = pd.factorize(cells.mask(empty, None).to_numpy())
            categories = order_categories(codes, texts.tolist(), beliefs) or (NO_TEXT,)
            known.update(categories)
        features.append(Feature(name=name, categories=categories, missing=bool(missing.any())))
    return Encoding(
        features=tuple(features),
        dtypes=tuple(frame.dtypes),
        missing_texts=tuple(text for text in MISSING if text not in known),
        absent=tuple(absent),
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


def _texts(column: Floats, feature: Feature, absent: str | None) -> NDArray[np.object_]:
    """The categories that a column of codes stands for."""
    count = len(feature.categories)
    missing = np.isnan(column)
    codes = np.where(missing, count, np.rint(column)).astype(np.int64)
    if (codes < 0).any() or (codes[~missing] >= count).any():
        raise DefectError(f"a code of column {feature.name!r} stands for no category")
    texts = np.array([*feature.categories, absent], dtype=object)
    taken: NDArray[np.object_] = texts[codes]
    return taken


def _numbers(column: Floats, name: str, dtype: np.dtype[Any]) -> NDArray[Any]:
    """A column of numbers as `dtype`."""
    if dtype.kind == "f":
        return column.astype(dtype)
    if np.isnan(column).any():
        raise DefectError(f"a missing cell in column {name!r}, which had none")
    if dtype.kind == "b":
        return column > 0.5
    return np.rint(column).astype(np.float64).clip(*INT64).astype(np.int64)


def order_categories(
    codes: NDArray[np.int64], categories: Sequence[str], beliefs: NDArray[np.float32]
) -> tuple[str, ...]:
    """`categories` in the order of the teacher's mean belief on their rows.

    `codes`, int64 (n,), says which category a row has, -1 for none, and each category has a row;
    `beliefs` is (n, c). With two classes the order is that of the mean belief in the second: no
    split of the categories in two parts is better than one of those that this order allows
    (Breiman et al. 1984, section 4.2.2). With more it is that of the first principal direction
    of the categories' mean beliefs, each counting with its rows (Coppersmith, Hong and Hosking
    1999), pointing up in the class that weighs most in it. Ties go by the text.
    """
    k = len(categories)
    seen = codes >= 0
    if k == 0:
        return ()
    counts = np.bincount(codes[seen], minlength=k).astype(np.float64)
    sums = np.stack(
        [np.bincount(codes[seen], weights=p[seen], minlength=k) for p in beliefs.T], axis=1
    )
    means = sums / counts[:, None]
    score = means[:, 1] if beliefs.shape[1] == 2 else _principal(means, counts)
    rank = sorted(range(k), key=lambda i: (round(float(score[i]), 9), categories[i]))
    return tuple(categories[i] for i in rank)


def _principal(means: NDArray[np.float64], counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """The categories' places along the direction in which their means differ most."""
    centred = means - counts @ means / counts.sum()
    _, vectors = np.linalg.eigh(centred.T @ (centred * counts[:, None]))
    direction = vectors[:, -1]
    heaviest = np.argmax(np.round(np.abs(direction), 9))
    places: NDArray[np.float64] = centred @ direction * np.sign(direction[heaviest])
    return places
