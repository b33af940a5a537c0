"""Convert Arrow columns to columns of a pandas frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from crembo_cli.dataset.literals import UCI_MISSING
from crembo_cli.errors import DataError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


def booleans_of(columns: Mapping[str, pa.ChunkedArray]) -> frozenset[str]:
    """Return the names of the columns of true and false."""
    import pyarrow as pa

    return frozenset(name for name, cells in columns.items() if pa.types.is_boolean(cells.type))


def to_frame(
    columns: dict[str, pa.ChunkedArray],
    name: str,
    *,
    missing: Sequence[str] = (),
    kept: Mapping[str, Set[str]] = MappingProxyType({}),
) -> tuple[pd.DataFrame, dict[str, str], dict[str, int]]:
    """Return the usable columns, the types of the others, and the numbers of "?" cells.

    All three are by column name. Texts of `missing` become missing cells, except those of
    `kept`, by column. The last result counts the cells with "?" that became missing.

    Empties `columns` while it works, so that memory never holds a column twice. Integers become
    int64, float16 becomes float32, decimals become float64, and dictionaries become their
    values. Integers and booleans with missing cells, integers beyond int64 and columns of nulls
    become float64, with NaN where missing. Text becomes `str` objects, with None where missing.

    `name` is the file's name, for messages. Raises `DataError` for text that is not UTF-8.
    """
    import pandas as pd

    usable: dict[str, NDArray[Any] | pd.Series[Any]] = {}
    unusable: dict[str, str] = {}
    marks: dict[str, int] = {}
    for column in list(columns):
        cells = columns.pop(column)
        try:
            values = _values(
                cells, frozenset(missing) - kept.get(column, frozenset()), marks, column
            )
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
    return pd.DataFrame(usable, copy=False), unusable, marks


def _values(
    cells: pa.ChunkedArray, missing: Set[str], marks: dict[str, int], column: str
) -> NDArray[Any] | None:
    """Return the cells as an array for a frame; None if they are neither numbers nor text."""
    import pyarrow as pa

    type_ = cells.type.value_type if pa.types.is_dictionary(cells.type) else cells.type
    if _is_text(type_):
        return _texts(cells, missing, marks, column)
    cells = cells.cast(type_)
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


def _texts(
    cells: pa.ChunkedArray, missing: Set[str], marks: dict[str, int], column: str
) -> NDArray[np.object_]:
    """Return the cells with one shared `str` object for each distinct text."""
    import pyarrow as pa

    if not pa.types.is_dictionary(cells.type):
        cells = cells.dictionary_encode()
    whole = cells.unify_dictionaries().combine_chunks()
    texts = np.empty(len(whole.dictionary) + 1, dtype=object)
    found = whole.dictionary.to_pylist()
    texts[:-1] = [None if text in missing else text for text in found]
    filled = whole.indices.fill_null(-1) if whole.null_count else whole.indices
    codes = filled.to_numpy(zero_copy_only=False)
    if UCI_MISSING in missing and UCI_MISSING in found:
        marks[column] = int((codes == found.index(UCI_MISSING)).sum())
    values: NDArray[np.object_] = texts[codes]
    return values
