"""Columns of lists of numbers, such as images and embeddings, as one column for each place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crembo_cli.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa


def spread_lists(
    columns: dict[str, pa.ChunkedArray], name: str, first_row: int = 0
) -> tuple[dict[str, pa.ChunkedArray], dict[str, tuple[str, ...]]]:
    """Return the columns with `emb[0]`, `emb[1]`, ... in the place of a column `emb` of lists.

    Lists of lists are laid out in their order. The second result has the new names by the column.
    Lists of anything but numbers stay. Empties `columns` while it works. `name` is the file's, for
    messages, `first_row` the number of the first row. Raises DataError where the lists of a column
    differ in length, and where duplicate column name then.
    """
    spread: dict[str, pa.ChunkedArray] = {}
    names: dict[str, tuple[str, ...]] = {}
    for column in list(columns):
        cells = columns.pop(column)
        parts = _places(cells, name, column, first_row) if _holds_numbers(cells.type) else None
        if parts is None:
            new = {column: cells}
        else:
            new = {f"{column}[{place}]": each for place, each in enumerate(parts)}
            names[column] = tuple(new)
        twice = next((each for each in new if each in spread), None)
        if twice is not None:
            raise DataError("duplicate column name", where=name, found=repr(twice))
        spread |= new
    return spread, names


def _is_list(type_: pa.DataType) -> bool:
    import pyarrow as pa

    is_ = pa.types
    return bool(is_.is_list(type_) or is_.is_large_list(type_) or is_.is_fixed_size_list(type_))


def _holds_numbers(type_: pa.DataType) -> bool:
    import pyarrow as pa

    if not _is_list(type_):
        return False
    while _is_list(type_):
        type_ = type_.value_type
    is_ = pa.types
    return bool(is_.is_integer(type_) or is_.is_floating(type_) or is_.is_boolean(type_))


def _places(
    cells: pa.ChunkedArray, name: str, column: str, first_row: int
) -> list[pa.ChunkedArray]:
    """The numbers at each place of the lists, which all have one length."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    whole: Any = cells.combine_chunks()
    whole = pa.concat_arrays(whole.chunks) if isinstance(whole, pa.ChunkedArray) else whole
    rows = len(whole)
    while _is_list(whole.type):
        lengths = pc.fill_null(pc.list_value_length(whole), -1).to_numpy(zero_copy_only=False)
        other = lengths != lengths[0] if len(lengths) else lengths
        if len(lengths) and (lengths[0] < 1 or other.any()):
            first = 0 if lengths[0] < 1 else int(other.argmax())
            per_row = len(lengths) // rows
            found = f"{lengths[first]} numbers" if lengths[first] >= 0 else "no list"
            wanted = "1 or more" if lengths[0] < 1 else f"{lengths[0]}, as in row {first_row + 1}"
            raise DataError(
                "the lists of a column differ in length",
                where=f"{name}, row {first_row + first // per_row + 1}, column {column!r}",
                found=found,
                wanted=wanted,
            )
        whole = whole.flatten()
    width = len(whole) // rows if rows else 0
    at = np.arange(rows) * width
    return [pa.chunked_array([whole.take(pa.array(at + place))]) for place in range(width)]
