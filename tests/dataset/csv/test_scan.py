"""Tests of crembo_cli.dataset.csv.scan."""

from __future__ import annotations

from pathlib import Path

import pytest

from crembo_cli.dataset.csv.header import read_header
from crembo_cli.dataset.csv.scan import Body, scan_body
from crembo_cli.dataset.csv.source import open_source
from crembo_cli.errors import DataError
from tests.dataset.conftest import Write

BLOCKS = [1, 2, 3, 5, 1 << 16]


def scan(path: Path, block_bytes: int) -> Body:
    """Scan the body of a file in blocks of `block_bytes`."""
    with open_source(path) as source:
        return scan_body(source, read_header(source, tab=False), block_bytes=block_bytes)


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize(
    ("rows", "lines"),
    [("", 0), ("\n\n", 0), ("1,2", 1), ("1,2\n3,4\n", 2), ("1,2\r\n3,4\r\n\r\n", 2), ("\n1,2", 2)],
)
def test_lines_are_counted_up_to_the_last_one_that_is_not_blank(
    write: Write, block: int, rows: str, lines: int
) -> None:
    """The count does not depend on where blocks end."""
    body = scan(write("a,b\n" + rows), block)
    assert (body.lines, body.size) == (lines, len(rows))


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize(
    ("rows", "well_quoted"),
    [
        ('1,"x"\n"y",2\n', True),
        ('1,"x ""y"" z"\n', True),
        ('"","a\nb"', True),
        ('"""",1\n', True),
        ('1,"x\n', False),
        ('1,2" wide\n', False),
        ('1,"x"y\n', False),
        ('1, "x"\n', False),
    ],
)
def test_invalid_quotes_are_detected(
    write: Write, block: int, rows: str, well_quoted: bool
) -> None:
    """A quote must open or close a cell or be doubled, wherever blocks end."""
    body = scan(write("a,b\n" + rows), block)
    assert body.quoted
    assert body.well_quoted == well_quoted


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize(
    ("rows", "padded"),
    [
        ("1,007\n", True),
        ("00,1\n", True),
        ('1,"01"\n', True),
        ("1,0x1F\n", True),
        ("0,0.5\n", False),
        ("1e05,100\n", False),
        ("1,1.007\n0", False),
    ],
)
def test_leading_zeros_are_detected(write: Write, block: int, rows: str, padded: bool) -> None:
    """Only a zero at the start of a cell, before a digit or an x, counts."""
    assert scan(write("a,b\n" + rows), block).padded == padded


@pytest.mark.parametrize("block", BLOCKS)
def test_a_nul_byte_is_refused_with_its_line(write: Write, block: int) -> None:
    """A file with NUL bytes is not text."""
    with pytest.raises(DataError, match=r"data\.csv, line 4: not a text file"):
        scan(write("a,b\n1,2\n\n3,\0"), block)
