"""Tests of crembo_cli.dataset.csv.parse."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pytest

from crembo_cli.dataset.csv.header import read_header
from crembo_cli.dataset.csv.parse import Parser
from crembo_cli.dataset.csv.scan import scan_body
from crembo_cli.dataset.csv.source import open_source
from tests.dataset.conftest import Write

TEXT = "a,b,c\n" + "1,x,\n" * 50 + "2,y,0.5\n"


@contextmanager
def open_parser(path: Path, sample_bytes: int = 1 << 22) -> Iterator[Parser]:
    """Open a file in a parser."""
    with open_source(path) as source:
        header = read_header(source, tab=False)
        yield Parser(source, header, scan_body(source, header), sample_bytes=sample_bytes)


def test_columns_have_the_type_that_is_given_or_found(write: Write) -> None:
    """The parser reads all or some columns, as often as needed."""
    with open_parser(write(TEXT)) as parser:
        found = parser.read({})
        assert [str(cells.type) for cells in found.values()] == ["int64", "string", "double"]
        text = parser.read({"a": pa.string()}, only=["a"])
        assert list(text) == ["a"]
        assert text["a"][50].as_py() == "2"
        with pytest.raises(pa.ArrowInvalid, match="CSV conversion error"):
            parser.read({"b": pa.int64()})


@pytest.mark.parametrize(
    ("sample_bytes", "types"),
    [
        (1 << 22, None),
        (33, {"a": pa.int64(), "b": pa.string(), "c": pa.null()}),
        (3, None),
    ],
)
def test_only_a_file_larger_than_the_sample_has_a_sample(
    write: Write, sample_bytes: int, types: dict[str, pa.DataType] | None
) -> None:
    """The sample has the types of the first rows; a sample without a whole row has none."""
    with open_parser(write(TEXT), sample_bytes) as parser:
        assert parser.sample() == types
