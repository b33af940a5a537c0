"""Tests of crembo_cli.dataset.columns."""

from __future__ import annotations

import numpy as np
import pytest

from crembo_cli.dataset.columns import LARGEST, Columns, check_cells
from crembo_cli.errors import DataError
from tests.dataset.conftest import table_of


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (np.inf, "line 4, column 'b': a value is infinite; found inf"),
        (-np.inf, "line 4, column 'b': a value is infinite; found -inf"),
        (-1e39, "line 4, column 'b': a value is too large; found -1e"),
    ],
)
def test_refusals(cell: float, message: str) -> None:
    """An infinite feature, or one that float32 makes infinite, is refused with its place."""
    table = table_of(a=[1.0, 2.0, 3.0], b=[np.nan, LARGEST, cell], c=["x", None, "y"])
    with pytest.raises(DataError, match=message + r".*\(1 such cells in the column\)"):
        check_cells(table, Columns(label=None, features=("a", "b", "c"), extra=()))


def test_other_columns_may_be_infinite() -> None:
    """Columns that are no features, and all that is finite, pass."""
    table = table_of(a=[np.nan, LARGEST], b=[True, False], c=[2**62, 1], d=[np.inf, 1.0])
    check_cells(table, Columns(label=None, features=("a", "b", "c"), extra=("d",)))
