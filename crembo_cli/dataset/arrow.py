"""Columns of Arrow as columns of a frame: which types there are, and what becomes of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from crembo_cli.errors import DataError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


def to_frame(columns: dict[str, pa.ChunkedArray], name: str) -> tuple[pd.DataFrame, dict[str, str]]:
    """The usable columns as a frame, and the types of those left out by their names.

    Empties `columns` on the way, so that memory holds no column twice. Integers become int64,
    float16 becomes float32, decimals float64, dictionaries what they stand for; with missing
    cells, integers and booleans become float64 with NaN, and so do integers beyond int64 and
    columns without any cell. Text becomes `str` objects, and None where missing.

    `name` is the file's, for messages. Raises `DataError` for text that is not UTF-8.
    """
    import pandas as pd

    usable: dict[str, NDArray[Any] | pd.Series[Any]] = {}
    unusable: dict[str, str] = {}
    for column in list(columns):
        cells = columns.pop(column)
        try:
            values = _values(cells)
        except UnicodeDecodeError as error:
            raise DataError(
                "the text cannot be decoded",
                where=f"{name}, column {column!r}",
                found=str(error),
                wanted="UTF-8",
            ) from error
        if values is None:
            unusable[column] = str(cells.type)
        else:
            # pandas would make its own kind of strings of a bare array of objects
            usable[column] = pd.Series(values, dtype=object) if values.dtype == object else values
    return pd.DataFrame(usable, copy=False), unusable


def _values(cells: pa.ChunkedArray) -> NDArray[Any] | None:
    """The cells as an array of a frame; None for types that are neither numbers nor text."""
    import pyarrow as pa

    if pa.types.is_dictionary(cells.type) and not _is_text(cells.type.value_type):
        cells = cells.cast(cells.type.value_type)
    if _is_text(getattr(cells.type, "value_type", cells.type)):
        return _texts(cells)
    kind = _number(cells)
    if kind is None:
        return None
    values: NDArray[Any] = cells.cast(kind, safe=False).to_numpy()
    return values


def _is_text(kind: pa.DataType) -> bool:
    import pyarrow as pa

    is_ = pa.types
    return bool(is_.is_string(kind) or is_.is_large_string(kind) or is_.is_string_view(kind))


def _number(cells: pa.ChunkedArray) -> pa.DataType | None:
    """The type that the cells become as numbers; None where they are none."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind, is_ = cells.type, pa.types
    if is_.is_null(kind) or is_.is_decimal(kind):
        return pa.float64()
    if is_.is_floating(kind):
        return pa.float32() if is_.is_float16(kind) else kind
    if is_.is_boolean(kind):
        return pa.float64() if cells.null_count else kind
    if is_.is_integer(kind):
        most = pc.max(cells).as_py() if is_.is_uint64(kind) else None
        beyond = (most or 0) > np.iinfo(np.int64).max
        return pa.float64() if cells.null_count or beyond else pa.int64()
    return None


def _texts(cells: pa.ChunkedArray) -> NDArray[np.object_]:
    """One `str` object for each different text, however often it occurs."""
    import pyarrow as pa

    if not pa.types.is_dictionary(cells.type):
        cells = cells.dictionary_encode()
    whole = cells.unify_dictionaries().combine_chunks()
    texts = np.empty(len(whole.dictionary) + 1, dtype=object)
    texts[:-1] = whole.dictionary.to_pylist()
    codes = whole.indices.fill_null(-1) if whole.null_count else whole.indices
    taken: NDArray[np.object_] = texts[codes.to_numpy(zero_copy_only=False)]
    return taken
