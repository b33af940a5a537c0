"""Tests of crembo_cli.dataset.dtypes."""

from __future__ import annotations

import numpy as np
import pytest

from crembo_cli.dataset.dtypes import as_dtypes
from crembo_cli.errors import DataError
from tests.dataset.conftest import table_of


def test_text_that_spells_numbers_becomes_numbers() -> None:
    """Text that spells numbers becomes float64, NaN where missing; numbers stay as they are."""
    table = table_of(a=["007", None, " 1e3"], b=[1, 2, 3], c=["x", "y", "z"])
    frame = as_dtypes(table, numbers=["a", "b"]).frame
    np.testing.assert_array_equal(frame["a"], [7.0, np.nan, 1000.0])
    assert [str(dtype) for dtype in frame.dtypes] == ["float64", "int64", "object"]
    assert table.frame["a"][0] == "007"


@pytest.mark.parametrize("cell", ["x", "1,5", "", "nan", "1_0"])
def test_text_that_is_not_a_number_is_refused(cell: str) -> None:
    """Text that is no number is refused, with its first place."""
    with pytest.raises(
        DataError, match=r"line 3, column 'a': expected a number in a numeric feature; found '"
    ):
        as_dtypes(table_of(a=["1", cell, cell, None]), numbers=["a"])


def test_whole_numbers_become_their_digits() -> None:
    """Whole numbers become their digits, None where missing; text stays as it is."""
    table = table_of(a=[1, 20, -3], b=[1.0, np.nan, 1e15], c=["x", None, "01"])
    frame = as_dtypes(table, text=["a", "b", "c"]).frame
    assert frame["a"].tolist() == ["1", "20", "-3"]
    assert frame["b"].tolist() == ["1", None, "1000000000000000"]
    assert frame["c"].tolist() == ["x", None, "01"]
    assert {str(dtype) for dtype in frame.dtypes} == {"object"}


@pytest.mark.parametrize("cells", [[1.0, 1.5], [1.0, np.inf], [True, False]])
def test_numbers_of_unknown_text_are_refused(cells: list[float]) -> None:
    """Fractions and booleans, whose spelling is lost, are refused as text."""
    with pytest.raises(
        DataError, match=r"line [23], column 'a': expected text in a text feature; found"
    ):
        as_dtypes(table_of(a=cells), text=["a"])


def test_a_table_of_the_right_types_does_not_change() -> None:
    """A table that is as it should be is the same table."""
    table = table_of(a=["x"], b=[1])
    assert as_dtypes(table, numbers=["b"], text=["a"]) is table
