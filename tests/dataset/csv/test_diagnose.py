"""Tests of crembo_cli.dataset.csv.diagnose, through the reader that calls it."""

from __future__ import annotations

import csv

import pytest

from crembo_cli.dataset.csv.parse import BLOCK
from crembo_cli.errors import DataError
from tests.dataset.conftest import Read

MANY = "1,2\n" * 400_000


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a,b\n1,2\n3\n", r"line 3: a row is shorter than the header; found 1 cells; wanted 2"),
        ("a,b\n1,2,3\n4,5,6\n", r"line 2: a row is longer than the header; found 3 cells"),
        ("a;b\n1;2;\n", r"line 2: a row is longer.*separated by a semicolon"),
        ('a,b\n1,"x\ny"\n\n2\n', r"line 5: a row is shorter"),
        ("a,b\n1,2\n \n3,4\n", r"line 3: a row is shorter"),
        ("a,b\r\n1,2\r\n3\r\n", r"line 3: a row is shorter"),
        ("a,b\n" + MANY + "3\n" + MANY, r"line 400002: a row is shorter"),
        ('a,b\n1,2\n3,"x\n4,5\n', r"line 3: invalid quote"),
        ('a,b\n1,"x"y\n', r"line 2: invalid quote"),
        ('a,b\n1,"x\n3,x"y\n5,6\n', r"line 2: invalid quote"),
        ("a\n1\n\n2\n", r"line 3: an empty line in a table of one column"),
        (b"a,b\nx,1\n\xff\xfe,2\n", r"line 3: invalid text encoding; found the bytes ff"),
        (b"a,b\n" + MANY.encode() + b"x\xe9,1\n", r"line 400002: invalid text encoding"),
    ],
)
def test_the_message_names_the_line_of_an_invalid_record(
    read: Read, content: str | bytes, message: str
) -> None:
    """What is no table is refused, with the line on which the record begins."""
    with pytest.raises(DataError, match=r"data\.csv, " + message):
        read(content)


def test_the_limit_of_the_csv_module_is_restored(read: Read) -> None:
    """The search for the line leaves the limits of Python's csv module as they were."""
    limit = csv.field_size_limit()
    with pytest.raises(DataError, match="line 3"):
        read("a,b\n" + "x" * 200_000 + ",1\n2\n")
    assert csv.field_size_limit() == limit


def test_a_quote_inside_an_unquoted_cell_is_text(read: Read) -> None:
    """A quote amid a cell that is not quoted is part of the text."""
    assert read('a,b\n12" wide,"2 ""x"""\n').frame.loc[0].tolist() == ['12" wide', '2 "x"']


def test_a_row_may_be_longer_than_a_block(read: Read) -> None:
    """A row longer than pyarrow's block is read all the same."""
    cell = "x" * (2 * BLOCK)
    table = read("a,b\n" + "1,y\n" * 9999 + f"2,{cell}\n" + "1,y\n" * 9999)
    assert table.frame["b"].unique().tolist() == ["y", cell]
    assert table.where(9999) == "data.csv, line 10001"
