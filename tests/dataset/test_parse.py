"""Tests of crembo_cli.dataset.csv.parse."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from crembo_cli.dataset.csv import parse
from crembo_cli.dataset.csv.header import read_header
from crembo_cli.dataset.csv.scan import scan_body
from crembo_cli.dataset.csv.source import open_source
from tests.dataset.conftest import Write

TEXT = "a,b,c\n" + "1,x,\n" * 50 + "2,y,0.5\n"


def test_types_given_and_found(write: Write) -> None:
    """Columns come as asked, all or some, and the file can be read again and again."""
    with open_source(write(TEXT)) as source:
        header = read_header(source, tab=False)
        parser = parse.Parser(source, header, scan_body(source, header))
        found = parser.read({})
        assert [str(cells.type) for cells in found.values()] == ["int64", "string", "double"]
        asked = parser.read({"a": pa.string()}, only=["a"])
        assert list(asked) == ["a"]
        assert asked["a"][50].as_py() == "2"
        with pytest.raises(pa.ArrowInvalid, match="CSV conversion error"):
            parser.read({"b": pa.int64()})


def test_sample(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first rows alone say what a large file may hold; a small one has no sample."""
    path: Path = write(TEXT)
    with open_source(path) as source:
        header = read_header(source, tab=False)
        parser = parse.Parser(source, header, scan_body(source, header))
        assert parser.sample() is None
        monkeypatch.setattr(parse, "SAMPLE", 33)
        assert parser.sample() == {"a": pa.int64(), "b": pa.string(), "c": pa.null()}
        monkeypatch.setattr(parse, "SAMPLE", 3)
        assert parser.sample() is None
