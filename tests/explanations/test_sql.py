"""A student as SQL, run in sqlite and DuckDB against its ONNX."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace

import duckdb
import numpy as np
import pandas as pd
import pytest

from crembo_cli.core.utilities import expected_utilities
from crembo_cli.errors import StudentError
from crembo_cli.explanations.sql import sql_of
from crembo_cli.student_file.metadata import ReadableStudent
from crembo_cli.students.capabilities import kind_of, utilities_of
from crembo_cli.students.contract import Feature, Floats, Indices, Student, Task
from crembo_cli.students.scored.linear import LinearFamily
from crembo_cli.students.tree.family import TreeFamily
from tests.explanations.edge_rows import Case


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
def test_sql_predicts_what_onnxruntime_predicts(
    case: Case, database: Callable[[str, pd.DataFrame], list[object]]
) -> None:
    """On every edge; sqlite, without float32, may differ for sums where two classes are equal."""
    query = f"SELECT {sql_of(case.explained)} FROM rows ORDER BY row_number"
    predicted = database(query, pd.DataFrame(case.rows))
    clear = np.ones(len(predicted), np.bool_)
    if kind_of(case.explained.student) != "tree":
        worth = expected_utilities(case.probabilities, utilities_of(case.explained.student))
        best = np.sort(worth, axis=1)
        clear = best[:, -1] - best[:, -2] > 1e-6
        assert clear.mean() > 0.99
    assert [a for a, ok in zip(predicted, clear, strict=True) if ok] == [
        a for a, ok in zip(case.labels, clear, strict=True) if ok
    ]


@pytest.mark.parametrize("database", [in_sqlite, in_duckdb])
def test_sql_gives_the_probability_of_a_class(
    case: Case, database: Callable[[str, pd.DataFrame], list[object]]
) -> None:
    """On every edge, that of onnxruntime, for a tree; a weighted sum is refused."""
    if kind_of(case.explained.student) != "tree":
        with pytest.raises(StudentError, match="unsupported option for this student"):
            sql_of(case.explained, 1)
        return
    query = f"SELECT {sql_of(case.explained, 1)} FROM rows ORDER BY row_number"
    found = database(query, pd.DataFrame(case.rows))
    assert np.array_equal(np.float32(found), case.probabilities[:, 1])


def explained(student: Student, names: Sequence[str], classes: int) -> ReadableStudent:
    """`student` over numbers of such names."""
    return ReadableStudent(
        name="",
        student=student,  # type: ignore[arg-type]  # a tree or a weighted sum
        features=tuple(Feature(name=name) for name in names),
        classes=tuple(range(classes)),
        missing_texts=(),
    )


def rewarded(family: TreeFamily | LinearFamily, rows: Floats, predicted: Indices) -> Student:
    """A student of `family` fitted to say `predicted`."""
    beliefs = np.eye(predicted.max() + 1, dtype=np.float32)[predicted]
    learner = family.learner(
        Task(rows=rows, beliefs=beliefs, validation_rows=rows[:0], validation_beliefs=beliefs[:0])
    )
    return learner.finish(learner.fit(beliefs))


@pytest.mark.parametrize("database", [in_sqlite, in_duckdb])
def test_a_column_of_yes_and_no(
    database: Callable[[str, pd.DataFrame], list[object]],
) -> None:
    """A boolean column, with and without missing cells, is asked as it stands in the table."""
    member = np.arange(40) % 2 == 0
    paid = pd.array([None if k % 5 == 0 else k % 3 == 0 for k in range(40)], dtype="boolean")
    frame = pd.DataFrame({"member": member, "paid": paid})
    rows = np.column_stack([member, paid.to_numpy(np.float32, na_value=np.nan)]).astype(np.float32)
    student = rewarded(TreeFamily(max_depth=2), rows, member + 2 * (rows[:, 1] == 1))
    query = f"SELECT {sql_of(explained(student, list(frame), 4))} FROM rows ORDER BY row_number"
    assert "member" in query
    assert "paid" in query
    assert database(query, frame) == student.predict(rows).tolist()


@pytest.mark.parametrize("database", [in_sqlite, in_duckdb])
def test_a_sum_of_very_many_columns(
    database: Callable[[str, pd.DataFrame], list[object]],
) -> None:
    """More terms than a database nests are added up in brackets."""
    rows = np.random.default_rng(0).normal(size=(60, 1_500)).astype(np.float32)
    student = rewarded(LinearFamily(), rows, (rows[:, 0] + rows[:, 7] > 0).astype(np.int64))
    names = [f"x{j}" for j in range(rows.shape[1])]
    query = f"SELECT {sql_of(explained(student, names, 2))} FROM rows ORDER BY row_number"
    assert database(query, pd.DataFrame(rows, columns=names)) == student.predict(rows).tolist()


def test_it_is_one_case_expression(case: Case) -> None:
    """From CASE to END, so that it stands wherever a column may."""
    text = sql_of(case.explained).strip()
    assert text.startswith("CASE")
    assert text.endswith("END")
    assert ";" not in text.replace("col`our; DROP", "")


def test_control_characters_in_texts_are_calls_of_chr() -> None:
    """No escape sequence is in the query, and DuckDB still finds and gives the very texts."""
    red, class_ = "\x1b[31mr'ed\x9b", "\x07no"
    frame = pd.DataFrame({"colour": [red, "blue", red, "blue"]})
    rows = np.array([[0], [1], [0], [1]], np.float32)
    student = replace(
        explained(rewarded(TreeFamily(max_depth=1), rows, np.array([1, 0, 1, 0])), ["colour"], 2),
        features=(Feature(name="colour", categories=(red, "blue")),),
        classes=(class_, "yes"),
    )
    query = sql_of(student)
    assert all(line.isprintable() for line in query.splitlines())
    assert in_duckdb(f"SELECT {query} FROM rows ORDER BY row_number", frame) == [
        "yes",
        class_,
        "yes",
        class_,
    ]


def test_a_column_with_control_characters_is_refused() -> None:
    """A quoted name of SQL cannot be put together from parts."""
    rows = np.array([[0], [1]], np.float32)
    student = rewarded(TreeFamily(max_depth=1), rows, np.array([1, 0]))
    with pytest.raises(StudentError, match=r"control character in a feature.s name.*rename"):
        sql_of(explained(student, ["\x1b[2J"], 2))
