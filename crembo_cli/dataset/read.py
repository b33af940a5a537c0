"""Read a table, by its file name extension."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from crembo_cli.dataset.table import Table
from crembo_cli.errors import DataError

READ: Final = ".csv, .tsv (also .gz), .parquet, a folder of .parquet parts, or - for CSV on stdin"


def read_table(path: str | Path) -> Table:
    """Read the table at `path`; "-" is CSV on standard input.

    Raises `DataError` if the file does not exist, has an unsupported format, or is not a table.
    """
    from crembo_cli.dataset.csv.read import read_delimited
    from crembo_cli.dataset.csv.source import open_source
    from crembo_cli.dataset.parquet import read_parquet

    if str(path) == "-":
        with open_source(None) as source:
            return read_delimited(source)
    path = Path(path)
    if not path.exists():
        raise DataError("no such file", where=str(path), wanted="a table: " + READ)
    if path.is_dir():
        return read_parquet(path)
    name = path.name.lower()
    if name.endswith(".parquet"):
        return read_parquet(path)
    kind = name.removesuffix(".gz")[-4:]
    if kind in (".csv", ".tsv"):
        with open_source(path) as source:
            return read_delimited(source, tab=kind == ".tsv")
    raise DataError(
        "unsupported table format",
        where=str(path),
        found=f"the extension {path.suffix!r}",
        wanted=READ,
    )
