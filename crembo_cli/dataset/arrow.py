"""Convert Arrow columns to columns of a pandas frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from crembo_cli.errors import DataError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


def to_frame(columns: dict[str, pa.ChunkedArray], name: str) -> tuple[pd.DataFrame, dict[str, str]]:
    """Return the usable columns as a frame, and the type of each column left out, by its name.

    Empties `columns` while it works, so that memory never holds a column twice. Integers become
    int64, float16 becomes float32, decimals become float64, and dictionaries become their
    values. Integers and booleans with missing cells, integers beyond int64 and columns of nulls
    become float64, with NaN where missing. Text becomes `str` objects, with None where missing.

    `name` is the file's name, for messages. Raises `DataError` for text that is not UTF-8.
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
                "invalid text encoding",
                where=f"{name}, column {column!r}",
                found=str(error),
                wanted="UTF-8",
            ) from error
        if values is None:
            unusable[column] = str(cells.type)
        else:
            # without dtype=object, pandas infers its own string dtype
            usable[column] = pd.Series(values, dtype=object) if values.dtype == object else values
    return pd.DataFrame(usable, copy=False), unusable


def _values(cells: pa.ChunkedArray) -> NDArray[Any] | None:
    """Return the cells as an array for a frame; None if they are neither numbers nor text."""
    import pyarrow as pa

    if pa.types.is_dictionary(cells.type) and not _is_text(cells.type.value_type):
        cells = cells.cast(cells.type.value_type)
    if _is_text(getattr(cells.type, "value_type", cells.type)):
        return _texts(cells)
    kind = _number_type(cells)
    if kind is None:
        return None
    values: NDArray[Any] = cells.cast(kind, safe=False).to_numpy()
    return values


def _is_text(kind: pa.DataType) -> bool:
    import pyarrow as pa

    is_ = pa.types
    return bool(is_.is_string(kind) or is_.is_large_string(kind) or is_.is_string_view(kind))


def _number_type(cells: pa.ChunkedArray) -> pa.DataType | None:
    """Return the numeric type to convert the cells to; None if they are not numeric."""
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
        largest = pc.max(cells).as_py() if is_.is_uint64(kind) else None
        beyond = (largest or 0) > np.iinfo(np.int64).max
        return pa.float64() if cells.null_count or beyond else pa.int64()
    return None


def _texts(cells: pa.ChunkedArray) -> NDArray[np.object_]:
    """Return the cells with one shared `str` object for each distinct text."""
    import pyarrow as pa

    if not pa.types.is_dictionary(cells.type):
        cells = cells.dictionary_encode()
    whole = cells.unify_dictionaries().combine_chunks()
    texts = np.empty(len(whole.dictionary) + 1, dtype=object)
    texts[:-1] = whole.dictionary.to_pylist()
    codes = whole.indices.fill_null(-1) if whole.null_count else whole.indices
    values: NDArray[np.object_] = texts[codes.to_numpy(zero_copy_only=False)]
    return values
