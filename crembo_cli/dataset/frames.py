"""Tables in memory: pandas and polars frames, Arrow tables, and arrays with names."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crembo_cli.dataset.arrow import booleans_of, to_frame
from crembo_cli.dataset.blocks import Blocks, one_block
from crembo_cli.dataset.dtypes import ExpectedTypes
from crembo_cli.dataset.lists import spread_lists
from crembo_cli.dataset.read import read_blocks
from crembo_cli.dataset.table import Table
from crembo_cli.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa


def read_data(
    data: object,
    *,
    expected: ExpectedTypes,
    missing: Sequence[str] = (),
    thousands: str | None = None,
) -> Blocks:
    """The table at a path, or in memory. Raises DataError for anything else.

    The options are those of `read_blocks`; cells in memory have their types already.
    """
    if isinstance(data, str | Path):
        return read_blocks(data, expected=expected, missing=missing, thousands=thousands)
    return one_block(table_in_memory(data))


def table_in_memory(data: object) -> Table:
    """The table in a pandas or polars frame, an Arrow table, or a mapping of names to arrays.

    A frame's index is ignored. Missing cells and text are those of Arrow: NaN in
    a float column, None and NA are missing. The hash is that of the table's Arrow stream. Raises
    DataError for other types, repeated names, no rows, and columns that Arrow cannot hold.
    """
    import pyarrow as pa

    name = f"{type(data).__module__.partition('.')[0]}.{type(data).__name__}"
    try:
        table = _to_arrow(data)
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise DataError(
            "the data cannot be read as a table", where=name, found=str(error)
        ) from error
    if table is None:
        raise DataError(
            "unsupported type of data",
            found=name,
            wanted="a path, a pandas or polars frame, or a mapping of names to arrays",
        )
    names = table.column_names
    repeated = next((each for each in names if names.count(each) > 1), None)
    if repeated is not None:
        raise DataError("duplicate column name", where=name, found=repr(repeated))
    if table.num_rows == 0:
        raise DataError("the table is empty", where=name, found="no row", wanted="rows")
    sha256 = _hash(table)
    columns, lists = spread_lists(dict(zip(names, table.columns, strict=True)), name)
    booleans = booleans_of(columns)
    frame, unusable, _ = to_frame(columns, name)
    return Table(
        name=name, sha256=sha256, frame=frame, unusable=unusable, booleans=booleans, lists=lists
    )


def _to_arrow(data: Any) -> pa.Table | None:
    import pandas as pd
    import pyarrow as pa

    if isinstance(data, pd.DataFrame):
        named = data.rename(columns=str)
        return pa.Table.from_pandas(named, preserve_index=False).replace_schema_metadata(None)
    if isinstance(data, pa.Table):
        return data.replace_schema_metadata(None)
    if isinstance(data, Mapping):
        return pa.table({str(name): _one_column(each) for name, each in data.items()})
    if hasattr(data, "__arrow_c_stream__"):  # polars, and whatever else speaks Arrow
        return pa.table(data).replace_schema_metadata(None)
    return None


def _one_column(values: Any) -> pa.Array:
    """An array with NaN as missing, as pandas means it."""
    import pyarrow as pa

    return pa.array(values, from_pandas=True)


def _hash(table: pa.Table) -> str:
    """SHA-256 of the table as an Arrow stream of one batch."""
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    whole = table.combine_chunks()
    with pa.ipc.new_stream(sink, whole.schema) as writer:
        writer.write_table(whole)
    return hashlib.sha256(sink.getvalue()).hexdigest()
