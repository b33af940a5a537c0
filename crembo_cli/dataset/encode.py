"""Encode rows for a student: float32, with categories as codes ordered by class probability."""

from __future__ import annotations

from collections.abc import Collection, Sequence
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
KINDS = {"b": "boolean", "i": "whole number", "f": "number", "O": "text"}  # by dtype
NO_TEXT = "(no text)"  # the one category of a column of text that is missing on all rows


@dataclass(frozen=True, kw_only=True)
class Encoding:
    """A reversible mapping from the columns of a frame to float32 numbers."""

    features: tuple[Feature, ...]  # one per column, in order
    dtypes: tuple[np.dtype[Any], ...]  # of the columns that it was learned from
    missing_texts: tuple[str, ...]  # texts that mean a missing cell in each text column that does
    # not have them as a category; the empty text first
    absent: tuple[str | None, ...]  # the value of a missing cell in each column: "" or None
    coded: tuple[int, ...] = ()  # columns of numbers that the teacher takes as codes of categories

    def encode(self, frame: pd.DataFrame) -> Floats:
        """Return the rows of `frame`, float32 (n, p) in C order.

        Numbers are rounded to float32; booleans become 0 and 1. Text becomes the code of its
        category: -1 for a text that was not seen when the encoding was learned, NaN where the
        cell is missing or empty.

        Raises `DataError` if a learned column is missing, or is text instead of a number or the
        other way round.
        """
        rows = np.empty((len(frame), len(self.features)), np.float32)
        for j, feature in enumerate(self.features):
            rows[:, j] = self._encode(frame, feature)
        return rows

    def decode(self, rows: Floats) -> pd.DataFrame:
        """Return the frame, with the learned columns and dtypes, for `rows` (n, p).

        Integers and codes are rounded to the nearest. Raises `DefectError` for the code -1,
        which has no text, and for NaN in a column of integers or booleans.
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
            raise DataError("the table lacks a feature", wanted=repr(feature.name))
        cells = frame[feature.name]
        is_text = cells.dtype == object
        if is_text != bool(feature.categories):
            raise DataError(
                "the type of a feature differs from the training table",
                where=f"column {feature.name!r}",
                found="text" if is_text else "numbers",
                wanted="numbers" if is_text else "text",
            )
        if not is_text:
            return cells.to_numpy()
        return text_codes(cells, feature, self.missing_texts)


def learn_encoding(
    frame: pd.DataFrame,
    beliefs: Floats,
    spellings: Sequence[str] = (),
    coded: Sequence[int] = (),
    booleans: Collection[str] = (),
) -> Encoding:
    """Learn the encoding of `frame` from the teacher's class probabilities (n, c) on its rows.

    The categories of a text column are its distinct texts, coded 0..k-1 in the order of
    `order_categories`. The columns are as in `Table.frame`. `spellings` are further texts that
    mean a missing cell; `coded` are columns of codes, `booleans` are columns of true
    and false. An empty text is a missing cell for the
    student, because a text input in ONNX cannot express a missing cell otherwise.
    """
    import pandas as pd

    features: list[Feature] = []
    absent: list[str | None] = []
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
        kind = "boolean" if name in booleans else KINDS[cells.dtype.kind]
        features.append(
            Feature(name=name, categories=categories, missing=bool(missing.any()), kind=kind)
        )
    return Encoding(
        features=tuple(features),
        dtypes=tuple(frame.dtypes),
        missing_texts=tuple(dict.fromkeys((*MISSING, *spellings))),
        absent=tuple(absent),
        coded=tuple(j for j in coded if not features[j].categories),
    )


def text_codes(cells: pd.Series[Any], feature: Feature, missing_texts: tuple[str, ...]) -> Floats:
    """Return the codes of a column of text: -1 for an unseen one, NaN where missing."""
    import pandas as pd

    codes, texts = pd.factorize(cells.to_numpy())
    place: dict[str, float] = dict.fromkeys(missing_texts, np.nan)
    place.update({text: float(code) for code, text in enumerate(feature.categories)})
    table = np.array([*(place.get(text, UNSEEN) for text in texts), np.nan], np.float32)
    found: Floats = table[codes]  # a missing cell has the code -1, the last entry of the table
    return found


def _texts(column: Floats, feature: Feature, absent: str | None) -> NDArray[np.object_]:
    """Return the texts of a column of codes."""
    count = len(feature.categories)
    missing = np.isnan(column)
    codes = np.where(missing, count, np.rint(column)).astype(np.int64)
    if (codes < 0).any() or (codes[~missing] >= count).any():
        raise DefectError(f"a code of column {feature.name!r} has no category")
    texts = np.array([*feature.categories, absent], dtype=object)
    found: NDArray[np.object_] = texts[codes]
    return found


def _numbers(column: Floats, name: str, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return a column of numbers as `dtype`."""
    if dtype.kind == "f":
        return column.astype(dtype)
    if np.isnan(column).any():
        raise DefectError(f"unexpected missing value in column {name!r}")
    if dtype.kind == "b":
        return column > 0.5
    return np.rint(column).astype(np.float64).clip(*INT64).astype(np.int64)


def order_categories(
    codes: NDArray[np.int64], categories: Sequence[str], beliefs: NDArray[np.float32]
) -> tuple[str, ...]:
    """Sort `categories` by the teacher's mean class probabilities on their rows.

    `codes`, int64 (n,), is the category of each row, -1 for none; each category has a row.
    `beliefs` is (n, c). With two classes, categories are sorted by the mean probability of the
    second: then the best split of the categories into two sets is a split of this order
    (Breiman et al. 1984, section 4.2.2). With more classes, they are sorted along the first
    principal direction of their mean probabilities, weighted by their numbers of rows
    (Coppersmith, Hong and Hosking 1999); the direction points to higher probability of the class
    with the largest weight. Ties are sorted by the text.
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
    """Return the position of each category along the direction of largest variance."""
    centred = means - counts @ means / counts.sum()
    _, vectors = np.linalg.eigh(centred.T @ (centred * counts[:, None]))
    direction = vectors[:, -1]
    heaviest = np.argmax(np.round(np.abs(direction), 9))
    places: NDArray[np.float64] = centred @ direction * np.sign(direction[heaviest])
    return places
