"""Tests of crembo_cli.dataset.table."""

from __future__ import annotations

from dataclasses import replace

from tests.dataset.conftest import table_of


def test_a_place_is_a_line_or_a_row() -> None:
    """Row 0 is the first line below the header, or the first row where rows are no lines."""
    table = table_of(age=[1, 2])
    assert table.where(0) == "data.csv, line 2"
    assert table.where(1, "age") == "data.csv, line 3, column 'age'"
    assert replace(table, first_line=None).where(1, "age") == "data.csv, row 2, column 'age'"
