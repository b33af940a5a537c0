"""Find the line of a delimited file that is not valid, for a message."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import NoReturn

from crembo_cli.dataset.csv.header import DELIMITERS, Header, undecodable
from crembo_cli.dataset.csv.source import Source
from crembo_cli.errors import DataError

LARGEST_CELL = (1 << 31) - 1  # bytes; csv's own limit of 131,072 is no rule of the format


def check_records(source: Source, header: Header) -> None:
    """Walk through all records with Python's strict CSV reader (RFC 4180).

    Raises `DataError`, with the line on which the record begins, at the first one that has
    another number of cells than the header or a quote out of place, and at an empty line amid a
    table of one column, which may be a missing cell or nothing.
    """
    width = len(header.names)
    source.text.seek(header.body)
    text = io.TextIOWrapper(source.text, encoding="utf-8", errors="replace", newline="")
    limit = csv.field_size_limit(LARGEST_CELL)
    records = csv.reader(text, delimiter=header.delimiter, strict=True)
    line, empty = header.first_line, 0
    try:
        for record in records:
            if not record:
                empty = empty or line
            elif len(record) != width:
                raise _wrong_length(source, header, line, len(record))
            elif empty and width == 1:
                raise DataError(
                    "an empty line in a table of one column",
                    where=f"{source.name}, line {empty}",
                    hint="write NA for a missing cell, or take the line out",
                )
            line = header.first_line + records.line_num
    except csv.Error as error:
        raise DataError(
            "a quote is out of place",
            where=f"{source.name}, line {line}",
            found=str(error),
            wanted='quotes around a whole cell, and "" for a quote within',
        ) from error
    finally:
        csv.field_size_limit(limit)
        text.detach()


def raise_fault(source: Source, header: Header, error: Exception) -> NoReturn:
    """Say what is behind pyarrow's `error`, with the line where it can be found."""
    check_records(source, header)
    raise DataError("the table cannot be read", where=source.name, found=str(error)) from error


def raise_undecodable(source: Source, header: Header) -> NoReturn:
    """Name the first line that holds bytes which are not UTF-8; there must be one."""
    line, error = next(_undecodable_lines(source, header))
    found = error.object[error.start : error.end]
    raise undecodable(f"{source.name}, line {line}", found) from error


def _undecodable_lines(source: Source, header: Header) -> Iterator[tuple[int, UnicodeDecodeError]]:
    source.text.seek(header.body)
    for number, line in enumerate(source.text, start=header.first_line):
        try:
            line.decode("utf-8")
        except UnicodeDecodeError as error:
            yield number, error


def _wrong_length(source: Source, header: Header, line: int, cells: int) -> DataError:
    width = len(header.names)
    return DataError(
        "a row is shorter than the header" if cells < width else "a row is longer than the header",
        where=f"{source.name}, line {line}",
        found=f"{cells} cells",
        wanted=f"{width}, with a {DELIMITERS[header.delimiter]} between them as in the header",
        hint="put quotes around a cell that holds the delimiter" if cells > width else None,
    )
