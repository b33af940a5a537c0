"""Tests of crembo_cli.dataset.csv.header."""

from __future__ import annotations

from pathlib import Path

import pytest

from crembo_cli.dataset.csv.header import Header, read_header
from crembo_cli.dataset.csv.source import open_source
from crembo_cli.errors import DataError
from tests.dataset.conftest import Write


def header_of(path: Path, *, tab: bool = False) -> Header:
    """The header of a file."""
    with open_source(path) as source:
        return read_header(source, tab=tab)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_the_delimiter_is_found(write: Write, delimiter: str, newline: str) -> None:
    """Comma, semicolon, tab and pipe are found from the header, with any line end."""
    first = delimiter.join(["a", "b c", "d"]) + newline
    header = header_of(write(first + delimiter.join("123")))
    assert header.names == ("a", "b c", "d")
    assert (header.delimiter, header.first_line, header.body) == (delimiter, 2, len(first))


def test_names_may_be_quoted(write: Write) -> None:
    """Names in quotes may hold delimiters, quotes and line ends; lines are counted through."""
    header = header_of(write('\n"a;;;b","say ""x""","two\nlines"\n1,2,3\n'))
    assert header.names == ("a;;;b", 'say "x"', "two\nlines")
    assert (header.delimiter, header.first_line) == (",", 4)


def test_a_bom_is_not_part_of_a_name(write: Write) -> None:
    """A byte order mark does not stick to the first name."""
    assert header_of(write(b"\xef\xbb\xbfa,b\n1,2\n")).names == ("a", "b")


def test_tsv_is_tab_separated(write: Write) -> None:
    """Where the name promises tabs, commas in the header are part of the names."""
    assert header_of(write("a,b,c\n1\n"), tab=True).names == ("a,b,c",)


def test_a_column_without_a_name_has_the_name_of_pandas(write: Write) -> None:
    """A column without a name gets the one pandas gives it."""
    assert header_of(write(",a,\n1,2,3\n")).names == ("Unnamed: 0", "a", "Unnamed: 2")


def test_a_header_may_be_longer_than_a_block(write: Write) -> None:
    """A header longer than a block is read whole."""
    names = [f"a column with a long name, the {i}th" for i in range(60_000)]
    text = ",".join(f'"{name}"' for name in names)
    assert len(text) > 1 << 20
    assert header_of(write(text + "\n")).names == tuple(names)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"\n\r\n  \n", "the file is empty"),
        (b"  \na,b\n1,2\n", "the header is blank"),
        (b"a,b,a\n1,2,3\n", r"line 1: duplicate column name; found 'a' as columns 1 and 3"),
        (b"\na,a\n", r"line 2: duplicate column name"),
        (b"caf\xe9,b\n1,2\n", r"line 1: invalid text encoding; found the bytes e9"),
        (b'"a,b\n1,2\n', "invalid header; found an unclosed quote"),
        (b'"a"b,c\n1,2\n', "line 1: invalid header"),
        (b"a\0b,c\n", "not a text file; found NUL bytes"),
        (b"5.1,3.5,1.4,setosa\n4.9,3.0,1.4,setosa\n", "line 1: missing header: the first line"),
        (b"63,1,145\n37,1,130\n", "missing header: the first line looks like a row of data"),
    ],
)
def test_invalid_headers_are_refused(write: Write, content: bytes, message: str) -> None:
    """No header, repeated or broken names and a row of data in the header's place are refused."""
    with pytest.raises(DataError, match=message):
        header_of(write(content))


@pytest.mark.parametrize(
    "names", ["0,1,2,label", "2,0,1", "3,1,2", "400.5,401.0,401.5,y", "7,x", "9,8,7.5,6,5,4,3,2,y"]
)
def test_numbers_may_be_names(write: Write, names: str) -> None:
    """Names that count, in any order, or rise like wavelengths are names."""
    assert header_of(write(names + "\n")).names == tuple(names.split(","))
