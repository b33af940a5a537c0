"""Read the header of a delimited file: its delimiter and its column names.

pandas renames duplicate names, and shifts the columns if rows are one cell too long; pyarrow
accepts any first line. This module checks the names before any row is read.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from itertools import pairwise

from crembo_cli.dataset.csv.source import BLOCK, Source
from crembo_cli.dataset.literals import NUMBER
from crembo_cli.errors import DataError

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}
RECORD = re.compile(rb'(?:[^"\r\n]|"[^"]*")*')
NEEDED = "a first line with column names"


@dataclass(frozen=True, kw_only=True)
class Header:
    """The column names of a delimited file, and where its rows begin."""

    names: tuple[str, ...]  # unique, none empty
    delimiter: str  # one of DELIMITERS
    first_line: int  # the line after the header; 1 is the first line of the file
    body: int  # the offset in bytes of that line
    newline: bytes  # the line terminator


def read_header(source: Source, *, tab: bool) -> Header:
    """Read the header; `tab` is true if the file's extension means tabs.

    The delimiter is the most frequent one of `DELIMITERS` outside quotes; the first of them in a
    tie. A column without a name is called `Unnamed: <position>`, as in pandas, because a teacher
    that was fitted on such a table knows it by that name.

    Raises `DataError` if there is no header, or if names are duplicated.
    """
    record, start, end, newline = _first_record(source)
    line = 1 + _before(source, start).count(newline)
    where = f"{source.name}, line {line}"
    try:
        text = record.decode("utf-8")
    except UnicodeDecodeError as error:
        raise encoding_error(where, record[error.start : error.end]) from error
    bare = re.sub(r'"[^"]*"', "", text)
    delimiter = "\t" if tab else max(DELIMITERS, key=bare.count)
    try:
        cells = next(csv.reader([text], delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise DataError("invalid header", where=where, found=str(error), wanted=NEEDED) from error
    names = tuple(name or f"Unnamed: {i}" for i, name in enumerate(cells))
    _check_names(names, where)
    return Header(
        names=names,
        delimiter=delimiter,
        first_line=line + record.count(newline) + 1,
        body=end,
        newline=newline,
    )


def encoding_error(where: str, found: bytes) -> DataError:
    """Return the error for bytes that are not UTF-8."""
    return DataError(
        "invalid text encoding",
        where=where,
        found="the bytes " + found.hex(" "),
        wanted="UTF-8, or UTF-16 with a byte order mark",
        hint="if it is Latin-1: iconv -f latin1 -t utf-8 OLD > NEW",
    )


def _first_record(source: Source) -> tuple[bytes, int, int, bytes]:
    """Return the first record that is not blank, its start, its end, and the newline."""
    size = BLOCK
    while True:
        source.text.seek(source.start)
        head = source.text.read(size)
        whole = len(head) < size
        skipped = len(head) - len(head.lstrip(b"\r\n"))
        found = RECORD.match(head, skipped)
        end = found.end() if found else skipped
        if whole or end + 2 <= len(head):
            break
        size *= 4
    if b"\0" in head[:end]:
        raise nul_error(source.name)
    record = head[skipped:end]
    if head[end : end + 1] == b'"':
        raise DataError(
            "invalid header",
            where=source.name,
            found="an unclosed quote",
            wanted=NEEDED,
        )
    if not record.strip():
        what = "the header is blank" if head.strip() else "the file is empty"
        raise DataError(what, where=source.name, wanted=NEEDED)
    newline = b"\r" if head[end : end + 1] == b"\r" and head[end + 1 : end + 2] != b"\n" else b"\n"
    last = min(len(head), end + (2 if head[end : end + 2] == b"\r\n" else 1))
    return record, source.start + skipped, source.start + last, newline


def nul_error(where: str) -> DataError:
    """Return the error for a file with NUL bytes."""
    return DataError(
        "not a text file",
        where=where,
        found="NUL bytes",
        wanted="CSV as UTF-8, or as UTF-16 with a byte order mark",
    )


def _before(source: Source, start: int) -> bytes:
    source.text.seek(source.start)
    return source.text.read(start - source.start)


def _check_names(names: tuple[str, ...], where: str) -> None:
    first: dict[str, int] = {}
    for position, name in enumerate(names):
        if name in first:
            raise DataError(
                "duplicate column name",
                where=where,
                found=f"{name!r} as columns {first[name] + 1} and {position + 1}",
                wanted=NEEDED + ", all different",
            )
        first[name] = position
    numbers = [float(name) for name in names if NUMBER.fullmatch(name)]
    rising = all(a < b for a, b in pairwise(numbers))
    counting = sorted(numbers) in (list(range(len(numbers))), list(range(1, len(numbers) + 1)))
    if len(numbers) >= 2 and not rising and not counting:
        raise DataError(
            "missing header: the first line looks like a row of data",
            where=where,
            found=", ".join(names[:5]) + (", ..." if len(names) > 5 else ""),
            wanted=NEEDED,
            hint="add a header before the first row",
        )
