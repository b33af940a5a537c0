"""Read Parquet files, and folders of them, as a table in blocks of rows."""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from crembo_cli.dataset.arrow import booleans_of, to_frame
from crembo_cli.dataset.blocks import Blocks, block_rows, one_block, settle
from crembo_cli.dataset.lists import spread_lists
from crembo_cli.dataset.parts import partitions
from crembo_cli.dataset.table import Table
from crembo_cli.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

PANDAS_INDEX = re.compile(r"__index_level_\d+__")  # a nameless index, written by pandas


@dataclass(frozen=True, kw_only=True)
class Part:
    """A file of the table."""

    path: Path
    where: str  # for messages
    columns: Mapping[str, object]  # the columns of its folders' names, each with its one value
    stamp: tuple[int, ...]  # of the file that was hashed: another one has another
    groups: tuple[int, ...]  # the numbers of rows of its row groups


@dataclass(frozen=True, kw_only=True)
class RowGroups:
    """A span of the table: consecutive row groups, of one part or several."""

    parts: tuple[tuple[Part, tuple[int, ...]], ...]  # each with the numbers of its row groups
    name: str  # of the table
    sha256: str
    most: int  # rows of a block
    first_row: int
    rows: int

    def __call__(self) -> Iterator[Table]:
        """Read the row groups, in tables of at most `most` rows."""
        import pyarrow as pa

        first, waiting = self.first_row, list[pa.Table]()
        for rows in _read_groups(self.parts, self.most):
            if waiting and sum(map(len, waiting)) + len(rows) > self.most:
                table = _to_table(pa.concat_tables(waiting), self.name, self.sha256, first)
                first += len(table.frame)
                waiting.clear()
                yield table
            waiting.append(rows)
        yield _to_table(pa.concat_tables(waiting), self.name, self.sha256, first)


def read_parquet(path: Path, files: Sequence[Path]) -> Blocks:
    """Read the table at `path`: `files` below each other.

    The names of folders below `path` are columns (`date=2026-11-01`). A nameless index that pandas
    wrote is left out.

    Raises `DataError` for a damaged file, an empty table, duplicate column names, parts with
    different columns; and, whenever blocks are generated, for a file that changed meanwhile.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    digest = hashlib.sha256()
    parts: list[Part] = []
    schemas: list[pa.Schema] = []
    rows = cells = 0
    for file, columns in zip(files, partitions(path, files), strict=True):
        where = file.name if file == path else f"{path.name}/{file.relative_to(path)}"
        with _reading(where):
            stamp = _hash(file, digest)
            with pq.ParquetFile(file) as stored:
                found = stored.metadata
                groups = [found.row_group(i).num_rows for i in range(found.num_row_groups)]
                parts.append(
                    Part(
                        path=file.absolute(),
                        where=where,
                        columns=columns,
                        stamp=stamp,
                        groups=tuple(groups),
                    )
                )
                # Parts may differ in whether cells may be missing, and in metadata.
                empty = pa.schema([(each.name, each.type) for each in stored.schema_arrow])
                schemas.append(_with_columns(empty.empty_table(), columns).schema)
                rows += found.num_rows
                cells += _count_cells(found)
        for name, times in Counter(schemas[-1].names).items():
            if times > 1:
                raise DataError("duplicate column name", where=where, found=repr(name))
        _check_same(schemas[0], schemas[-1], parts[0].where, where)
    names = schemas[0].names
    if rows == 0:
        raise DataError(
            "the table is empty",
            where=path.name,
            found=f"{len(names)} columns and no row",
            wanted="rows",
        )
    most = block_rows(cells // rows)
    if rows <= 2 * most:
        (span,) = _spans(parts, path.name, digest.hexdigest(), 2 * most)
        (table,) = span()
        return one_block(table)
    return settle(_spans(parts, path.name, digest.hexdigest(), most))


def _spans(parts: Sequence[Part], name: str, sha256: str, most: int) -> list[RowGroups]:
    """Cut `parts` between row groups: spans of at most `most` rows, or of one row group."""
    spans: list[RowGroups] = []
    groups: dict[int, list[int]] = {}  # of the span, by the number of the part
    first = rows = 0

    def end() -> None:
        taken = tuple((parts[i], tuple(numbers)) for i, numbers in groups.items())
        spans.append(
            RowGroups(parts=taken, name=name, sha256=sha256, most=most, first_row=first, rows=rows)
        )
        groups.clear()

    for i, part in enumerate(parts):
        for number, count in enumerate(part.groups):
            if rows and rows + count > most:
                end()
                first, rows = first + rows, 0
            if count:
                groups.setdefault(i, []).append(number)
                rows += count
    end()
    return spans


def _read_groups(parts: Sequence[tuple[Part, Sequence[int]]], most: int) -> Iterator[pa.Table]:
    """Generate the row groups of `parts`, in pieces of at most `most` rows."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    for part, numbers in parts:
        with _reading(part.where), part.path.open("rb") as file, pq.ParquetFile(file) as stored:
            _check_unchanged(part, file)
            for number in numbers:
                with _reading(f"{part.where}, row group {number + 1} of {len(part.groups)}"):
                    for batch in stored.iter_batches(most, row_groups=[number]):
                        rows = pa.table(batch.columns, names=batch.schema.names)
                        yield _with_columns(rows, part.columns)
            _check_unchanged(part, file)


def _count_cells(stored: pq.FileMetaData) -> int:
    """Count the cells of a file; a list has as many as it holds."""
    groups = [stored.row_group(number) for number in range(stored.num_row_groups)]
    return sum(each.column(j).num_values for each in groups for j in range(each.num_columns))


def _with_columns(rows: pa.Table, columns: Mapping[str, object]) -> pa.Table:
    """Add `columns`, each with its one value; None is a missing text."""
    import pyarrow as pa

    for name, value in columns.items():
        type_ = pa.int64() if isinstance(value, int) else pa.string()
        rows = rows.append_column(name, pa.repeat(pa.scalar(value, type_), len(rows)))
    return rows


def _to_table(rows: pa.Table, name: str, sha256: str, first: int) -> Table:
    import pandas as pd

    columns = {
        each: cells
        for each, cells in zip(rows.column_names, rows.columns, strict=True)
        if not PANDAS_INDEX.fullmatch(each)
    }
    columns, lists = spread_lists(columns, name, first)
    booleans = booleans_of(columns)
    frame, unusable, _ = to_frame(columns, name)
    frame.index = pd.RangeIndex(first, first + len(frame))
    return Table(
        name=name,
        sha256=sha256,
        frame=frame,
        first_row=first,
        unusable=unusable,
        booleans=booleans,
        lists=lists,
    )


def _hash(path: Path, digest: hashlib._Hash) -> tuple[int, ...]:
    """Add the file's bytes to `digest`, and return the file's stamp."""
    with path.open("rb") as file:
        stamp = _stamp(os.fstat(file.fileno()))
        while block := file.read(1 << 20):
            digest.update(block)
    return stamp


def _stamp(found: os.stat_result) -> tuple[int, ...]:
    # Without the inode: machines that share a folder may number its files differently.
    return found.st_size, found.st_mtime_ns


def _check_unchanged(part: Part, file: BinaryIO) -> None:
    if _stamp(os.fstat(file.fileno())) != part.stamp:
        raise DataError(
            "the file changed while it was read",
            where=part.where,
            hint="wait until the table is written, then try again",
        )


@contextmanager
def _reading(where: str) -> Iterator[None]:
    """Raise DataError in the place of an error of the file system or of pyarrow."""
    import pyarrow as pa

    try:
        yield
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
