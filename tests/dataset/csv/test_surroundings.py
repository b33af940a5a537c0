"""What surrounds the rows of a CSV file: lines for Excel, trailing delimiters, pipes."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from crembo_cli.dataset.read import read_table
from crembo_cli.errors import DataError


@pytest.mark.parametrize("line", ["sep=;", "sep=,\r", "sep=\t"])
def test_a_line_for_excel_is_refused_with_the_cure(tmp_path: Path, line: str) -> None:
    """pandas reads it as the header."""
    path = tmp_path / "data.csv"
    path.write_text(f"{line}\na;b\n1;2\n", newline="")
    with pytest.raises(DataError, match=r"line 1: the first line names the delimiter.*tail -n \+2"):
        read_table(path)


def test_a_column_called_sep_is_not_a_line_for_excel(tmp_path: Path) -> None:
    """Only the whole line is."""
    path = tmp_path / "data.csv"
    path.write_text("sep=a,b\n1,2\n")
    assert list(read_table(path).frame) == ["sep=a", "b"]


def test_a_trailing_delimiter_on_rows_only_is_refused_with_the_cure(tmp_path: Path) -> None:
    """pandas shifts the columns by one."""
    path = tmp_path / "data.csv"
    path.write_text("a,b\n1,2,\n3,4,\n")
    with pytest.raises(DataError, match=r"line 2.*ends in a comma and the header does not"):
        read_table(path)


@pytest.mark.parametrize("name", ["fifo", "fifo.csv"])
def test_a_pipe_is_read_once(tmp_path: Path, name: str) -> None:
    """As `<(zcat x.csv.gz)` gives it, with no extension."""
    path = tmp_path / name
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_text, args=("a,b\n1,2\n3,4\n",))
    writer.start()
    frame = read_table(path).frame
    writer.join()
    assert frame["b"].tolist() == [2, 4]
