"""Files for the tests of the data room."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from crembo_cli.dataset.read import read_table
from crembo_cli.dataset.table import Table

Write = Callable[..., Path]
Read = Callable[..., Table]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write text (as UTF-8) or bytes to a file and return its path."""

    def _write(content: str | bytes, name: str = "data.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return _write


@pytest.fixture
def read(write: Write) -> Read:
    """Write text or bytes to a file and read it as a table."""

    def _read(content: str | bytes, name: str = "data.csv") -> Table:
        return read_table(write(content, name))

    return _read


def table_of(**columns: object) -> Table:
    """A table with these columns; lists with text become columns of objects."""
    series = {
        name: pd.Series(cells, dtype=object if _is_text(cells) else None)
        for name, cells in columns.items()
    }
    return Table(name="data.csv", sha256="", frame=pd.DataFrame(series), first_line=2)


def _is_text(cells: object) -> bool:
    return isinstance(cells, list) and any(isinstance(cell, str) for cell in cells)
