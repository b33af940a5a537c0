"""Tests of crembo_cli.dataset.csv.scan."""

from __future__ import annotations

from pathlib import Path

import pytest

from crembo_cli.dataset.csv import scan
from crembo_cli.dataset.csv.header import read_header
from crembo_cli.dataset.csv.scan import Body, scan_body
from crembo_cli.dataset.csv.source import open_source
from crembo_cli.errors import DataError
from tests.dataset.conftest import Write

BLOCKS = [1, 2, 3, 5, 1 << 16]


def body_of(path: Path) -> Body:
    """The body of a file."""
    with open_source(path) as source:
        return scan_body(source, read_header(source, tab=False))


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize(
    ("rows", "lines"),
    [("", 0), ("\n\n", 0), ("1,2", 1), ("1,2\n3,4\n", 2), ("1,2\r\n3,4\r\n\r\n", 2), ("\n1,2", 2)],
)
def test_lines(
    write: Write, monkeypatch: pytest.MonkeyPatch, block: int, rows: str, lines: int
) -> None:
    """Lines are counted up to the last one that holds something, wherever blocks end."""
    monkeypatch.setattr(scan, "BLOCK", block)
    body = body_of(write("a,b\n" + rows))
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
def test_quotes(
    write: Write, monkeypatch: pytest.MonkeyPatch, block: int, rows: str, well_quoted: bool
) -> None:
    """Quotes that do not open, close or double are noticed, wherever blocks end."""
    monkeypatch.setattr(scan, "BLOCK", block)
    body = body_of(write("a,b\n" + rows))
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
def test_padded(
    write: Write, monkeypatch: pytest.MonkeyPatch, block: int, rows: str, padded: bool
) -> None:
    """Zeros in front of digits at a cell's start are noticed, others are not."""
    monkeypatch.setattr(scan, "BLOCK", block)
    assert body_of(write("a,b\n" + rows)).padded == padded


@pytest.mark.parametrize("block", BLOCKS)
def test_nul(write: Write, monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    """A NUL byte is refused with its line."""
    monkeypatch.setattr(scan, "BLOCK", block)
    with pytest.raises(DataError, match=r"data\.csv, line 4: this is no text file"):
        body_of(write("a,b\n1,2\n\n3,\0"))
