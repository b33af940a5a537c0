"""Read a table, by its file name extension."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from crembo_cli.addresses import WILD, local_input
from crembo_cli.cluster.engine import refuse_workers
from crembo_cli.dataset.blocks import Blocks
from crembo_cli.dataset.dtypes import ExpectedTypes
from crembo_cli.dataset.table import Table
from crembo_cli.errors import DataError
from crembo_cli.files import ADDRESS, existing_input

READ: Final = (
    ".csv, .tsv (also .gz), .parquet, a folder of .parquet parts, a pattern such as "
    "'part-*.parquet', an address, a pipe, or - for stdin"
)


def read_table(path: str | Path) -> Table:
    """Read the table at `path` whole; see `read_blocks`."""
    return read_blocks(path).to_table()


def read_blocks(
    path: str | Path,
    *,
    expected: ExpectedTypes | None = None,
    missing: Sequence[str] = (),
    thousands: str | None = None,
) -> Blocks:
    """Read the table at `path` in blocks; "-" is CSV on standard input.

    `expected` maps the names of the columns to what the teacher knows about their values, where
    it knows anything. A text that is a known category is never a missing cell, and a column of
    kind "text" keeps the text of a CSV file. `missing` are further texts that do not make a CSV
    file's column of numbers one of text, and `thousands` is a separator that is not a decimal
    comma; `dataset.spellings` reads both.

    Raises `DataError` if the file does not exist, has an unsupported format, or is not a table.
    """
    from crembo_cli.dataset.parquet import read_parquet
    from crembo_cli.dataset.parts import folder_parts, matching_parts

    options: Any = {"expected": expected, "missing": missing, "thousands": thousands}
    if str(path) == "-":
        return _read_text(None, options)
    if ADDRESS.fullmatch(str(path)):
        refuse_workers(
            str(path),
            "a table at an address is copied to this machine, which other machines do not see",
            hint="mount it at the same path everywhere, or use --dask local:N",
            here=False,
        )
    path = local_input(path, DataError)
    if not path.exists() and WILD.search(str(path)):
        return read_parquet(*matching_parts(path))
    path = existing_input(path, DataError, "a table: " + READ)
    if path.is_dir():
        return read_parquet(path, folder_parts(path))
    name = path.name.lower()
    if name.endswith(".parquet"):
        return read_parquet(path, [path])
    kind = name.removesuffix(".gz")[-4:]
    if kind in (".csv", ".tsv") or path.is_fifo():  # <(zcat x.csv.gz) has no extension
        return _read_text(path, {**options, "tab": kind == ".tsv"})
    raise DataError(
        "unsupported table format",
        where=str(path),
        found=f"the extension {path.suffix!r}",
        wanted=READ,
    )


def _read_text(path: Path | None, options: dict[str, Any]) -> Blocks:
    """Read a delimited file, or standard input; it stays open as long as its blocks are used."""
    from crembo_cli.dataset.csv.read import read_delimited
    from crembo_cli.dataset.csv.source import open_source

    with ExitStack() as stack:
        source = stack.enter_context(open_source(path))
        blocks = read_delimited(source, **options)
        if not blocks.whole:  # whose spans hold the source
            weakref.finalize(source, stack.pop_all().close)
        return blocks
