"""Find the invalid line of a delimited file, for an error message."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import NoReturn

from crembo_cli.dataset.csv.header import DELIMITERS, Header, encoding_error
from crembo_cli.dataset.csv.source import Source
from crembo_cli.errors import DataError

LARGEST_CELL = (
    1 << 31
) - 1  # bytes; the csv module's own limit of 131,072 is too low for a text column


def check_records(source: Source, header: Header) -> None:
    """Check all records with Python's strict CSV reader (RFC 4180).

    Raises `DataError`, with the line on which the record begins, at the first record with a
    wrong number of cells or an invalid quote, and at an empty line inside a table of one column,
    which could be a missing cell or a blank line.
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
                    hint="write NA for a missing cell, or delete the line",
                )
            line = header.first_line + records.line_num
    except csv.Error as error:
        raise DataError(
            "invalid quote",
            where=f"{source.name}, line {line}",
            found=str(error),
            wanted='quotes around a whole cell, and "" for a quote within',
        ) from error
    finally:
        csv.field_size_limit(limit)
        text.detach()


def raise_parse_error(source: Source, header: Header, error: Exception) -> NoReturn:
    """Raise `DataError` for pyarrow's `error`, with the line where it can be found."""
    check_records(source, header)
    raise DataError("the table cannot be read", where=source.name, found=str(error)) from error


def raise_encoding_error(source: Source, header: Header) -> NoReturn:
    """Raise `DataError` for the first line with bytes that are not UTF-8; there must be one."""
    line, error = next(_lines_with_invalid_bytes(source, header))
    found = error.object[error.start : error.end]
    raise encoding_error(f"{source.name}, line {line}", found) from error


def _lines_with_invalid_bytes(
    source: Source, header: Header
) -> Iterator[tuple[int, UnicodeDecodeError]]:
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
        wanted=f"{width} cells, separated by a {DELIMITERS[header.delimiter]} as in the header",
        hint="quote a cell that contains the delimiter" if cells > width else None,
    )
