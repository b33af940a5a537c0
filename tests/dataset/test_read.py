"""Tests of crembo_cli.dataset.table: the kinds of files, and that CSV and Parquet are one."""

from __future__ import annotations

import csv
import gzip
import io
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crembo_cli.dataset.csv.read import read_delimited
from crembo_cli.dataset.csv.source import open_source
from crembo_cli.dataset.literals import MISSING
from crembo_cli.dataset.read import read_table
from crembo_cli.errors import DataError
from tests.dataset.conftest import Read


def test_the_extension_decides_the_format(read: Read) -> None:
    """The extension, in any case and with or without .gz, says what a file is."""
    for name in ("a.csv", "a.CSV", "a.b.csv"):
        assert list(read("x,y\n1,2\n", name).frame) == ["x", "y"]
    for name in ("a.csv.gz", "A.CSV.GZ"):
        assert list(read(gzip.compress(b"x,y\n1,2\n"), name).frame) == ["x", "y"]
    for name in ("a.tsv", "a.tsv.gz"):
        assert list(read("x,x\ty,y,y\n1\t2\n", name).frame) == ["x,x", "y,y,y"]


@pytest.mark.parametrize("name", ["a.xlsx", "a", "a.gz", "a.csv.zip", "a.parquet.gz"])
def test_an_unsupported_extension_is_refused(read: Read, name: str) -> None:
    """Another extension is refused, with those that are read."""
    with pytest.raises(DataError, match=r"unsupported table format.*wanted \.csv, \.tsv"):
        read("x,y\n1,2\n", name)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    """A file that is not there is refused by its path."""
    with pytest.raises(DataError, match=r"none\.csv: no such file"):
        read_table(tmp_path / "none.csv")


def test_a_dash_is_csv_on_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """A dash is CSV on standard input."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"x,y\n1,2\n")))
    table = read_table("-")
    assert table.frame.loc[0].tolist() == [1, 2]
    assert table.where(0) == "standard input, line 2"


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
CELLS = {
    pa.int64(): st.integers(-(2**63), 2**63 - 1),
    pa.float64(): st.floats(allow_nan=False),
    pa.bool_(): st.booleans(),
    pa.string(): TEXTS.filter(lambda text: text not in MISSING),
}


@st.composite
def tables(draw: st.DrawFn) -> pa.Table:
    """Columns of any kind and name with missing cells; the first text of each is plainly text."""
    names = draw(st.lists(TEXTS.map("n{}".format), min_size=1, max_size=5, unique=True))
    rows = draw(st.integers(1, 12))
    columns = {}
    for name in names:
        type_ = draw(st.sampled_from(list(CELLS)))
        cell = CELLS[type_] | st.none()
        cells = draw(st.lists(cell, min_size=rows, max_size=rows))
        if type_ == pa.string():
            cells[0] = f"text {cells[0]}"
        columns[name] = pa.array(cells, type_)
    return pa.table(columns)


def as_csv(table: pa.Table, delimiter: str, newline: str, decimal: str) -> str:
    """The table as a careful writer would write it: whatever could be misread is quoted."""

    def written(cell: Any) -> str:
        if isinstance(cell, float):
            return repr(cell).replace(".", decimal)
        return "" if cell is None else str(cell)

    text = io.StringIO()
    header = csv.writer(text, delimiter=delimiter, lineterminator=newline, quoting=csv.QUOTE_ALL)
    header.writerow(table.column_names)
    # Python before 3.13 leaves a lone carriage return without quotes
    lone = any("\r" in str(cell) for column in table.columns for cell in column.to_pylist())
    quoting = csv.QUOTE_ALL if lone or table.num_rows % 2 else csv.QUOTE_MINIMAL
    rows = csv.writer(text, delimiter=delimiter, lineterminator=newline, quoting=quoting)
    for row in zip(*(column.to_pylist() for column in table.columns), strict=True):
        rows.writerow([written(cell) for cell in row])
    return text.getvalue()


@settings(deadline=None, max_examples=120)
@given(
    table=tables(),
    dialect=st.sampled_from([",.", ";.", ";,", "\t.", "\t,", "|."]),
    newline=st.sampled_from(["\n", "\r\n"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    packed=st.booleans(),
    sample=st.sampled_from([20, 1 << 23]),
)
def test_csv_and_parquet_give_the_same_table(
    table: pa.Table,
    dialect: str,
    newline: str,
    encoding: str,
    packed: bool,
    sample: int,
) -> None:
    """Whatever its names, cells, dialect and encoding, a table is the same from both formats."""
    delimiter, decimal = dialect
    if table.num_columns == 1:
        delimiter = ","  # a header of one name does not show another delimiter
        decimal = "."
    stored = as_csv(table, delimiter, newline, decimal).encode(encoding)
    with TemporaryDirectory() as folder:
        text, columns = Path(folder, "data.csv"), Path(folder, "data.parquet")
        text.write_bytes(gzip.compress(stored) if packed else stored)
        pq.write_table(table, columns)
        from_columns = read_table(columns)
        with open_source(text) as source:
            from_text = read_delimited(source, sample_bytes=sample).head
    pd.testing.assert_frame_equal(from_text.frame, from_columns.frame)
    for name in table.column_names:
        found = from_text.frame[name]
        for cell, stored_cell in zip(found, table[name].to_pylist(), strict=True):
            if stored_cell is None:
                assert pd.isna(cell)
            else:
                assert cell == (float(stored_cell) if found.dtype == float else stored_cell)
