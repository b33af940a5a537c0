"""A student as SQL, run in sqlite and DuckDB against its ONNX."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

import duckdb
import numpy as np
import pandas as pd
import pytest

from crembo_cli.explain.sql import sql_of
from crembo_cli.students.tree.model import Tree
from tests.explain.cases import Case


def in_sqlite(query: str, frame: pd.DataFrame) -> list[object]:
    """The one column that `query` gives, the rows in their order."""
    with sqlite3.connect(":memory:") as base:
        frame.to_sql("rows", base, index_label="row_number")
        return [answer for (answer,) in base.execute(query)]


def in_duckdb(query: str, frame: pd.DataFrame) -> list[object]:
    """The same, in DuckDB."""
    with duckdb.connect() as base:
        base.register("given", frame.rename_axis("row_number").reset_index())
        base.execute("CREATE TABLE rows AS SELECT * FROM given")
        return [answer for (answer,) in base.execute(query).fetchall()]


@pytest.mark.parametrize("database", [in_sqlite, in_duckdb])
def test_sql_says_what_onnxruntime_says(
    case: Case, database: Callable[[str, pd.DataFrame], list[object]]
) -> None:
    """On every edge; sqlite, without float32, may differ for sums where two classes are equal."""
    query = f"SELECT {sql_of(case.explained)} FROM rows ORDER BY row_number"
    said = database(query, pd.DataFrame(case.rows))
    clear = np.ones(len(said), np.bool_)
    if not isinstance(case.explained.student, Tree):
        best = np.sort(case.probabilities, axis=1)
        clear = best[:, -1] - best[:, -2] > 1e-6
        assert clear.mean() > 0.99
    assert [a for a, ok in zip(said, clear, strict=True) if ok] == [
        a for a, ok in zip(case.labels, clear, strict=True) if ok
    ]


def test_it_is_one_case_expression(case: Case) -> None:
    """From CASE to END, so that it stands wherever a column may."""
    text = sql_of(case.explained).strip()
    assert text.startswith("CASE")
    assert text.endswith("END")
    assert ";" not in text.replace("col`our; DROP", "")
