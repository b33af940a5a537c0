"""Write a table of class probabilities: one file, or a folder of parts that workers write too."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from crembo_cli.errors import OutputError, UsageError, escape_controls, suggest
from crembo_cli.files import check_output, check_output_folder, write_in_parts

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

SUFFIXES = (".csv", ".parquet")


def is_folder(output: str | Path) -> bool:
    """Whether `output` names a folder of parts: it ends in a slash."""
    return str(output).endswith(("/", os.sep))


def check_scores_output(
    output: str | Path, inputs: Sequence[Path], *, no_clobber: bool = False
) -> None:
    """Raise UsageError for an unsupported format, OutputError where nothing can be written."""
    path = Path(output)
    if is_folder(output):
        check_output_folder(path)
        return
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(
            "unsupported output format",
            where=f"--output {path}",
            found=repr(path.suffix),
            **suggest(path.suffix, SUFFIXES, "or a folder of Parquet parts: FOLDER/"),
        )
    check_output(path, inputs, no_clobber=no_clobber)


def write_scores(path: Path, tables: Iterator[pd.DataFrame]) -> None:
    """Write `tables` below each other as they come; on an error nothing is written."""
    first = next(tables)
    with write_in_parts(path) as file:
        if path.suffix.lower() == ".csv":
            for number, frame in enumerate(chain([first], tables)):
                file.write(to_csv(frame, header=number == 0).encode())
            return
        import pyarrow as pa
        import pyarrow.parquet as pq

        schema = pa.Schema.from_pandas(first, preserve_index=False)
        with pq.ParquetWriter(file, schema) as writer:
            for frame in chain([first], tables):
                writer.write_table(pa.Table.from_pandas(frame, schema, preserve_index=False))


def write_part(folder: Path, output: str, frame: pd.DataFrame, first_row: int) -> str:
    """Write the rows from number `first_row` on as a part in `folder`; return its name.

    Parts are named by that number, so that their names are in the order of the rows. Raises
    OutputError, which names `output`.
    """
    name = f"part-{first_row:012}.parquet"
    writing = folder / f".{name}.{secrets.token_hex(8)}"  # one that dies leaves no half part
    try:
        frame.to_parquet(writing, index=False)
        writing.replace(folder / name)
    except OSError as error:
        gone = isinstance(error, FileNotFoundError)
        raise OutputError(
            "the output folder does not exist" if gone else "the part cannot be written",
            where=f"{output}{name}",
            found=error.strerror or str(error),
            wanted="a folder that all workers share, by the same path" if gone else None,
        ) from error
    return name


def to_csv(frame: pd.DataFrame, *, header: bool) -> str:
    """The table as CSV text; control characters in names are escaped."""
    names = [escape_controls(str(each)) for each in frame.columns] if header else False
    return frame.to_csv(index=False, header=names, lineterminator="\n")
