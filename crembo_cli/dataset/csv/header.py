"""The first record of a delimited file: its delimiter and its column names, read by ourselves.

pandas renames duplicate names and shifts columns where rows are one cell too long; pyarrow takes
whatever is in the first line. Here the names are checked before anything else is read.
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
NEEDED = "a first line with the names of the columns"


@dataclass(frozen=True, kw_only=True)
class Header:
    """What the first record says."""

    names: tuple[str, ...]  # unique, none empty
    delimiter: str  # one of DELIMITERS
    first_line: int  # the line right behind the header; 1 is the file's first
    body: int  # the byte where that line begins
    newline: bytes  # what ends a line


def read_header(source: Source, *, tab: bool) -> Header:
    r"""Read the header; `tab` says that the file's name promises tabs.

    The delimiter is the one of `DELIMITERS` that is most frequent outside quotes, the earlier
    one where two are equally so. A column without a name is called `Unnamed: <position>`, as
    pandas does, which is how a teacher that was fitted on such a table knows it.

    Raises `DataError` where there is no header, or where names are repeated.
    """
    record, start, end, newline = _first_record(source)
    line = 1 + _before(source, start).count(newline)
    where = f"{source.name}, line {line}"
    try:
        text = record.decode("utf-8")
    except UnicodeDecodeError as error:
        raise undecodable(where, record[error.start : error.end]) from error
    bare = re.sub(r'"[^"]*"', "", text)
    delimiter = "\t" if tab else max(DELIMITERS, key=bare.count)
    try:
        cells = next(csv.reader([text], delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise DataError(
            "the header cannot be read", where=where, found=str(error), wanted=NEEDED
        ) from error
    names = tuple(name or f"Unnamed: {i}" for i, name in enumerate(cells))
    _check_names(names, where)
    return Header(
        names=names,
        delimiter=delimiter,
        first_line=line + record.count(newline) + 1,
        body=end,
        newline=newline,
    )


def undecodable(where: str, found: bytes) -> DataError:
    """The refusal of bytes that are not UTF-8."""
    return DataError(
        "the text cannot be decoded",
        where=where,
        found="the bytes " + found.hex(" "),
        wanted="UTF-8, or UTF-16 with a byte order mark",
        hint="if it is Latin-1: iconv -f latin1 -t utf-8 OLD > NEW",
    )


def _first_record(source: Source) -> tuple[bytes, int, int, bytes]:
    """The first record that is not blank, where it starts, where the next one does, its end."""
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
        raise not_text(source.name)
    record = head[skipped:end]
    if head[end : end + 1] == b'"':
        raise DataError(
            "the header cannot be read",
            where=source.name,
            found="a quote that is never closed",
            wanted=NEEDED,
        )
    if not record.strip():
        what = "the header is blank" if head.strip() else "the file is empty"
        raise DataError(what, where=source.name, wanted=NEEDED)
    newline = b"\r" if head[end : end + 1] == b"\r" and head[end + 1 : end + 2] != b"\n" else b"\n"
    last = min(len(head), end + (2 if head[end : end + 2] == b"\r\n" else 1))
    return record, source.start + skipped, source.start + last, newline


def not_text(where: str) -> DataError:
    """The refusal of a file with NUL bytes."""
    return DataError(
        "this is no text file",
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
                "two columns have one name",
                where=where,
                found=f"{name!r} as columns {first[name] + 1} and {position + 1}",
                wanted=NEEDED + ", each another",
            )
        first[name] = position
    numbers = [float(name) for name in names if NUMBER.fullmatch(name)]
    rising = all(a < b for a, b in pairwise(numbers))
    counting = sorted(numbers) in (list(range(len(numbers))), list(range(1, len(numbers) + 1)))
    if len(numbers) >= 2 and not rising and not counting:
        raise DataError(
            "the first line holds numbers like a row of data",
            where=where,
            found=", ".join(names[:5]) + (", ..." if len(names) > 5 else ""),
            wanted=NEEDED,
            hint="put a header before the first row",
        )
