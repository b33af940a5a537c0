"""Tests of crembo_cli.dataset.csv.read."""

from __future__ import annotations

import gzip

import numpy as np
import pytest

from crembo_cli.dataset.columns import Columns
from crembo_cli.dataset.csv.read import read_delimited
from crembo_cli.dataset.csv.source import open_source
from crembo_cli.dataset.literals import MISSING
from crembo_cli.dataset.notes import list_notes
from crembo_cli.errors import DataError
from tests.dataset.conftest import Read, Write

NAN = float("nan")
KINDS = {
    "whole": (["1", "-2", "9007199254740993"], "int64", [1, -2, 9007199254740993]),
    "holes": (["1", "NA", "3"], "float64", [1.0, NAN, 3.0]),
    "number": (["1", ".5", "-1e3"], "float64", [1.0, 0.5, -1000.0]),
    "infinite": (["inf", "-inf", "1e400"], "float64", [np.inf, -np.inf, np.inf]),
    "beyond": (["9223372036854775808", "1", "2"], "float64", [2.0**63, 1.0, 2.0]),
    "booleans": (["true", "False", "TRUE"], "bool", [True, False, True]),
    "truth_holes": (["true", "", "false"], "float64", [1.0, NAN, 0.0]),
    "none": (["", "?", "null"], "float64", [NAN, NAN, NAN]),
    "text": (["a", "NaN", " b "], "object", ["a", None, " b "]),
    "mixed": (["1", "x", "2.50"], "object", ["1", "x", "2.50"]),
    "truth_or_one": (["true", "1", "0"], "object", ["true", "1", "0"]),
    "code": (["007", "7", "10"], "object", ["007", "7", "10"]),
    "code_holes": (["007", "", "10"], "object", ["007", None, "10"]),
    "long_code": (["00012345678901234567", "1", "2"], "object", None),
    "hexadecimal": (["0x1F", "1", "2"], "object", ["0x1F", "1", "2"]),
    "not_code": (["0", "0.5", "10"], "float64", [0.0, 0.5, 10.0]),
    "day": (["2020-01-01", "2020-01-02", ""], "object", ["2020-01-01", "2020-01-02", None]),
    "moment": (["2020-01-01 10:00:00"] * 3, "object", ["2020-01-01 10:00:00"] * 3),
    "hour": (["10:00:00"] * 3, "object", ["10:00:00"] * 3),
    "thousands": (["1_000", "2", "3"], "object", ["1_000", "2", "3"]),
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_cells_of_a_column_decide_its_dtype(read: Read, kind: str) -> None:
    """Numbers, booleans, codes, dates, text and missing cells have one dtype each."""
    cells, dtype, expected = KINDS[kind]
    column = read("a,b\n" + "".join(f"{cell},0\n" for cell in cells)).frame["a"]
    assert str(column.dtype) == dtype
    np.testing.assert_array_equal(column.to_numpy(), cells if expected is None else expected)


@pytest.mark.parametrize("last", ["1.5", "x", "007", "true", ""])
@pytest.mark.parametrize("sample", [16, 1 << 23])
def test_the_last_cell_counts_in_large_files_too(write: Write, last: str, sample: int) -> None:
    """A wrong guess from the first rows does not change the dtype of a column."""
    with open_source(write("a,b\n" + "10,0\n" * 300_000 + last + ",0\n")) as source:
        column = read_delimited(source, sample_bytes=sample).head.frame["a"]
    kinds = {"1.5": "float64", "": "float64"}
    assert str(column.dtype) == kinds.get(last, "object")
    assert column[0] == (10 if last in kinds else "10")


@pytest.mark.parametrize("spelling", MISSING)
@pytest.mark.parametrize("quote", ["", '"'])
def test_missing_cells_are_read_as_missing(read: Read, spelling: str, quote: str) -> None:
    """Each spelling means a missing cell, in quotes or not, among numbers and among text."""
    cell = quote + spelling + quote
    frame = read(f"a,b\n{cell},{cell}\n1,x\n").frame
    assert np.isnan(frame["a"][0])
    assert frame["a"][1] == 1
    assert frame["b"].tolist() == [None, "x"]


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_decimal_commas_are_read(read: Read, delimiter: str) -> None:
    """Decimal commas are read where the delimiter is another, beside text and integers."""
    rows = ["a;b;c", "1,5;x;1", "-,25e1;1,5;2", ";y;3"]
    frame = read("\n".join(rows).replace(";", delimiter)).frame
    np.testing.assert_array_equal(frame["a"], [1.5, -2.5, NAN])
    assert frame["b"].tolist() == ["x", "1,5", "y"]
    assert frame["c"].tolist() == [1, 2, 3]


def test_commas_that_might_separate_thousands_are_noted(read: Read) -> None:
    """Where each has three digits after it, and no number begins with 0."""
    table = read("a;b;c;d\n17,000;0,125;1,5;x\n-1,250;2,500;2,125;1,250\n900;3;4;y\n")
    assert table.frame["a"].tolist() == [17.0, -1.25, 900.0]
    assert table.unclear_commas == ("a",)
    notes = list_notes(table, Columns(label=None, features=("a", "b"), extra=()))
    assert "commas in column 'a' are read as decimal points" in notes[0]
    assert len(notes) == 1


def test_semicolons_go_with_decimal_points(read: Read) -> None:
    """Semicolons do not force a decimal comma."""
    assert read("a;b\n1.5;x\n2;y\n").frame["a"].tolist() == [1.5, 2.0]


def test_numbers_without_a_separator_go_with_either(read: Read) -> None:
    """Numbers without point or comma go with either."""
    frame = read("a;b\n1,5;1e3\n2,5;2e3\n").frame
    assert frame["a"].tolist() == [1.5, 2.5]
    assert frame["b"].tolist() == [1000.0, 2000.0]


def test_both_decimal_separators_are_refused(read: Read) -> None:
    """Decimal commas beside decimal points are refused, for one of them means thousands."""
    with pytest.raises(DataError, match="commas in column 'a', points in column 'b'"):
        read("a;b\n1,5;1.234\n2,5;2.5\n")


@pytest.mark.parametrize("rows", ["", "\n", "\r\n\r\n"])
def test_a_header_without_rows_is_refused(read: Read, rows: str) -> None:
    """A header without rows is refused."""
    with pytest.raises(DataError, match=r"data\.csv: the table is empty; found a header with 2"):
        read("a,b\n" + rows)


def test_a_cell_has_the_place_of_its_line(read: Read) -> None:
    """A cell is placed by its line where rows are lines, else by its row."""
    plain = read("a,b\r\n1,x\r\n2,y\r\n\r\n")
    assert plain.where(1, "b") == "data.csv, line 3, column 'b'"
    for content in ('a,b\n1,"x\ny"\n2,y\n', "a,b\n1,x\n\n2,y\n"):
        assert read(content).where(1, "b") == "data.csv, row 2, column 'b'"


def test_a_table_of_one_column_may_have_missing_cells(read: Read) -> None:
    """A table of one column may have missing cells where they are written."""
    np.testing.assert_array_equal(read('a\n1\n""\nNA\n2\n\n').frame["a"], [1, NAN, NAN, 2])


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "gzip"])
def test_the_encoding_changes_only_the_digest(read: Read, encoding: str) -> None:
    """Marks, UTF-16 and gzip change nothing but the digest."""
    text = "naïve,b\nä,007\nNA,08\n"
    stored = gzip.compress(text.encode()) if encoding == "gzip" else text.encode(encoding)
    table, plain = read(stored), read(text)
    assert table.frame.equals(plain.frame)
    assert table.first_line == plain.first_line == 2
    assert table.sha256 != plain.sha256
