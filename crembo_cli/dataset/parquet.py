"""Read Parquet files, and folders of them, as a table."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from crembo_cli.dataset.arrow import booleans_of, to_frame
from crembo_cli.dataset.lists import spread_lists
from crembo_cli.dataset.table import Table
from crembo_cli.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

STEPS = 16  # a file is read in so many groups of columns, to bound the memory for decoding
PANDAS_INDEX = re.compile(r"__index_level_\d+__")  # a nameless index, written by pandas


def read_parquet(path: Path) -> Table:
    """Read a Parquet file, or the parts (`*.parquet`) of a folder, concatenated by name.

    Files whose names begin with `_` or `.` (markers, checksums) are not parts. A nameless index
    that pandas wrote is left out.

    Raises `DataError` for a damaged file, an empty table, duplicate column names, parts with
    different columns, and a folder with anything but parts in it.
    """
    import pyarrow as pa

    parts = _parts(path) if path.is_dir() else [path]
    digest = hashlib.sha256()
    tables: list[pa.Table] = []
    for part in parts:
        where = part.name if part == path else f"{path.name}/{part.name}"
        tables.append(_read_part(part, where, digest))
        _check_same(tables[0].schema, tables[-1].schema, f"{path.name}/{parts[0].name}", where)
    table = pa.concat_tables(tables)
    tables.clear()
    if table.num_rows == 0:
        raise DataError(
            "the table is empty",
            where=path.name,
            found=f"{table.num_columns} columns and no row",
            wanted="rows",
        )
    columns = {
        name: cells
        for name, cells in zip(table.column_names, table.columns, strict=True)
        if not PANDAS_INDEX.fullmatch(name)
    }
    del table
    columns, lists = spread_lists(columns, path.name)
    booleans = booleans_of(columns)
    frame, unusable, _ = to_frame(columns, path.name)
    return Table(
        name=path.name,
        sha256=digest.hexdigest(),
        frame=frame,
        unusable=unusable,
        booleans=booleans,
        lists=lists,
    )


def _parts(folder: Path) -> list[Path]:
    found = sorted(entry for entry in folder.iterdir() if not entry.name.startswith(("_", ".")))
    other = [entry.name for entry in found if entry.is_dir() or entry.suffix != ".parquet"]
    if other or not found:
        raise DataError(
            "invalid table folder",
            where=str(folder),
            found=f"{other[0]!r} in it" if other else "nothing in it",
            wanted="files named *.parquet only; nested folders are not supported",
        )
    return found


def _read_part(part: Path, where: str, digest: hashlib._Hash) -> pa.Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with part.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
        with pq.ParquetFile(part) as stored:
            names = stored.schema_arrow.names
            for name, times in Counter(names).items():
                if times > 1:
                    raise DataError("duplicate column name", where=where, found=repr(name))
            columns: list[pa.ChunkedArray] = []
            step = max(1, len(names) // STEPS)
            for first in range(0, len(names), step):
                columns += stored.read(columns=names[first : first + step]).columns
        return pa.table(columns, names=names)
    except OSError as error:
        raise DataError(
            "cannot read the file", where=where, found=error.strerror or str(error)
        ) from error
    except pa.ArrowException as error:
        raise DataError(
            "invalid or incomplete Parquet file", where=where, found=str(error), wanted="Parquet"
        ) from error


def _check_same(first: pa.Schema, other: pa.Schema, first_where: str, where: str) -> None:
    if other.equals(first):
        return
    expected = [f"{field.name} {field.type}" for field in first]
    found = [f"{field.name} {field.type}" for field in other]
    at = next((i for i, (a, b) in enumerate(zip(expected, found, strict=False)) if a != b), None)
    shown = min(len(expected), len(found)) if at is None else at
    raise DataError(
        "the parts of the table have different columns",
        where=where,
        found=found[shown] if shown < len(found) else f"{len(found)} columns",
        wanted=(expected[shown] if shown < len(expected) else f"{len(expected)} columns")
        + f" as column {shown + 1}, as in {first_where}",
    )
