"""A student as SQL, run in sqlite and DuckDB against its ONNX."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import process_time

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import sqlglot
from numpy.typing import ArrayLike

from crembo_cli.core.utilities import expected_utilities
from crembo_cli.errors import StudentError, UsageError
from crembo_cli.explanations.dialects import DIALECTS
from crembo_cli.explanations.sql import sql_of
from crembo_cli.student_file.metadata import ReadableStudent
from crembo_cli.students.capabilities import utilities_of
from crembo_cli.students.contract import Feature, Floats, Student, Task
from crembo_cli.students.scored.linear import LinearFamily
from crembo_cli.students.tree.family import TreeFamily
from tests.explanations.edge_rows import Case, make_case


def in_sqlite(query: str, frame: pd.DataFrame) -> list[object]:
    """The last column that `query` gives, the rows in their order."""
    with sqlite3.connect(":memory:") as base:
        frame.to_sql("data", base, index_label="row_number")
        return [row[-1] for row in base.execute(f"{query} ORDER BY row_number")]


def in_duckdb(query: str, frame: pd.DataFrame, nested: int = 1_000) -> list[object]:
    """The same, in DuckDB, whose expressions may be nested as deeply as `nested`."""
    with duckdb.connect() as base:
        base.execute(f"SET max_expression_depth TO {nested}")
        base.register("given", frame.rename_axis("row_number").reset_index())
        base.execute("CREATE TABLE data AS SELECT * FROM given")
        return [row[-1] for row in base.execute(f"{query} ORDER BY row_number").fetchall()]


Database = Callable[[str, pd.DataFrame], list[object]]
DATABASES = [("ansi", in_duckdb), ("duckdb", in_duckdb), ("sqlite", in_sqlite)]
KEEP = ["row_number"]


@pytest.mark.parametrize(("dialect", "database"), DATABASES)
def test_sql_predicts_what_onnxruntime_predicts(
    case: Case, dialect: str, database: Database
) -> None:
    """On every edge; without float32, sums may differ where two classes are equal."""
    query = sql_of(case.explained, dialect=dialect, keep=KEEP)
    predicted = database(query, pd.DataFrame(case.rows))
    worth = expected_utilities(case.probabilities, utilities_of(case.explained.student))
    best = np.sort(worth, axis=1)
    clear = (best[:, -1] - best[:, -2] > 1e-6) | (case.explained.student.kind == "tree")
    assert clear.mean() > 0.99
    assert [a for a, ok in zip(predicted, clear, strict=True) if ok] == [
        a for a, ok in zip(case.labels, clear, strict=True) if ok
    ]


@pytest.mark.parametrize(("dialect", "database"), DATABASES)
def test_sql_gives_the_probability_of_a_class(case: Case, dialect: str, database: Database) -> None:
    """On every edge, that of onnxruntime, but for rounding; 0 instead of an underflow."""
    class_ = case.explained.class_names()[1]
    query = sql_of(case.explained, class_=class_, dialect=dialect, keep=KEEP)
    found = database(query, pd.DataFrame(case.rows))
    assert np.allclose(np.float32(found), case.probabilities[:, 1], atol=1e-6)


def test_ansi_runs_in_sqlite(case: Case) -> None:
    """A tree's query is short in any database; others are for the dialect `sqlite`."""
    if case.explained.student.kind == "tree":
        query = sql_of(case.explained, keep=KEEP)
        assert in_sqlite(query, pd.DataFrame(case.rows)) == case.labels


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_dialect_is_read_by_its_parser(case: Case, dialect: str) -> None:
    """sqlglot reads the query in the dialect; every column in it says of which table it is."""
    names = {"ansi": None, "mysql": "mysql"}
    renamed = replace(
        case.explained,
        features=tuple(
            replace(each, name=each.name.replace('"', "")) if dialect == "oracle" else each
            for each in case.explained.features
        ),
    )
    for class_ in (None, case.explained.class_names()[0]):
        query = sql_of(renamed, class_=class_, dialect=dialect)
        (parsed,) = sqlglot.parse(query, dialect=names.get(dialect, dialect))
        assert all(column.table for column in parsed.find_all(sqlglot.exp.Column))


@pytest.mark.parametrize("dialect", ["postgres", "spark", "clickhouse"])
def test_a_dialect_predicts_what_onnxruntime_predicts(case: Case, dialect: str) -> None:
    """Translated by sqlglot from that dialect, a tree's query is right in DuckDB."""
    if case.explained.student.kind != "tree":
        return
    query = sql_of(case.explained, dialect=dialect, keep=KEEP)
    (translated,) = sqlglot.transpile(query, read=dialect, write="duckdb")
    assert in_duckdb(translated, pd.DataFrame(case.rows)) == case.labels


def explained(student: Student, names: Sequence[str], classes: int) -> ReadableStudent:
    """`student` over numbers of such names."""
    return ReadableStudent(
        name="",
        student=student,  # type: ignore[arg-type]  # a tree or a weighted sum
        features=tuple(Feature(name=name) for name in names),
        classes=tuple(range(classes)),
        missing_texts=(),
    )


def rewarded(family: TreeFamily | LinearFamily, rows: Floats, predicted: ArrayLike) -> Student:
    """A student of `family` fitted to say `predicted`."""
    labels = np.array(predicted)
    beliefs = np.eye(labels.max() + 1, dtype=np.float32)[labels]
    learner = family.learner(
        Task(rows=rows, beliefs=beliefs, validation_rows=rows[:0], validation_beliefs=beliefs[:0])
    )
    return learner.finish(learner.fit(beliefs))


@pytest.mark.parametrize(("dialect", "database"), DATABASES)
def test_a_column_of_yes_and_no(dialect: str, database: Database) -> None:
    """A boolean column, with and without missing cells, is asked as it stands in the table."""
    member = np.arange(40) % 2 == 0
    paid = pd.array([None if k % 5 == 0 else k % 3 == 0 for k in range(40)], dtype="boolean")
    frame = pd.DataFrame({"member": member, "paid": paid})
    rows = np.column_stack([member, paid.to_numpy(np.float32, na_value=np.nan)]).astype(np.float32)
    student = rewarded(TreeFamily(max_depth=2), rows, member + 2 * (rows[:, 1] == 1))
    plain = explained(student, list(frame), 4)
    booleans = replace(
        plain, features=tuple(replace(each, kind="boolean") for each in plain.features)
    )
    query = sql_of(booleans, dialect=dialect, keep=KEEP)
    assert database(query, frame) == student.predict(rows).tolist()


@pytest.mark.parametrize("dialect", ["ansi", "duckdb"])
def test_nan_is_missing(dialect: str) -> None:
    """NaN in a float column of DuckDB, which holds it above all numbers, goes where NULL goes."""
    rows = np.array([[1], [2], [3], [np.nan], [np.inf]] * 8, np.float32)
    known = rows[:, 0] > 2
    student = rewarded(TreeFamily(max_depth=2), rows[:32], (known | np.isnan(rows[:, 0]))[:32] * 1)
    shares = student.predict(rows).tolist()
    table = pa.table({"row_number": range(40), "x": pa.array(rows[:, 0].astype(np.float64))})
    query = sql_of(explained(student, ["x"], 2), dialect=dialect, keep=KEEP)
    with duckdb.connect() as base:
        base.register("data", table)
        found = base.execute(f"{query} ORDER BY row_number").fetchall()
    assert [row[-1] for row in found] == shares


def test_a_column_of_another_name_is_an_error() -> None:
    """SQLite takes a name in double quotes that is no column for a text, unless it is qualified."""
    rows = np.array([[0], [1]] * 9, np.float32)
    student = rewarded(TreeFamily(max_depth=1), rows, np.array([1, 0] * 9))
    query = sql_of(explained(student, ["height"], 2), dialect="sqlite")
    with pytest.raises(sqlite3.OperationalError, match=r"no such column: t\.height"):
        in_sqlite(query, pd.DataFrame({"width": rows[:, 0]}))


def test_a_text_is_compared_by_its_bytes() -> None:
    """A column that folds case, and one of whole numbers, are compared as the student does."""
    student = explained(
        rewarded(TreeFamily(max_depth=1), np.array([[0], [1]] * 9, np.float32), [1, 0] * 9),
        ["colour"],
        2,
    )
    named = replace(
        student, features=(Feature(name="colour", categories=("red", "7\\'"), kind="text"),)
    )
    cells = [(0, "red"), (1, "RED"), (2, "red "), (3, "7\\'")]
    for dialect, column in (("sqlite", "TEXT COLLATE NOCASE"), ("duckdb", "TEXT COLLATE NOCASE")):
        base = sqlite3.connect(":memory:") if dialect == "sqlite" else duckdb.connect()
        base.execute(f"CREATE TABLE data (row_number INTEGER, colour {column})")
        base.executemany("INSERT INTO data VALUES (?, ?)", cells)
        query = sql_of(named, dialect=dialect, keep=KEEP)
        found = base.execute(f"{query} ORDER BY row_number").fetchall()
        base.close()
        # What was not seen before goes with "red", code 0, as its code is -1.
        assert [row[-1] for row in found] == [1, 1, 1, 0]


@pytest.mark.parametrize(
    ("dialect", "database", "columns"),
    [("sqlite", in_sqlite, 1_050), ("duckdb", partial(in_duckdb, nested=150), 200)],
)
def test_a_sum_of_very_many_columns(dialect: str, database: Database, columns: int) -> None:
    """More terms than a database nests (SQLite: 1,000) are added up in brackets."""
    rows = np.random.default_rng(0).normal(size=(60, columns)).astype(np.float32)
    student = rewarded(LinearFamily(), rows, (rows[:, 0] + rows[:, 7] > 0).astype(np.int64))
    names = [f"x{j}" for j in range(columns)]
    query = sql_of(explained(student, names, 2), dialect=dialect, keep=KEEP)
    found = database(query, pd.DataFrame(rows, columns=names))
    assert found == student.predict(rows).tolist()


def test_the_first_line_describes_it(case: Case) -> None:
    """The version, the dialect, and each column with its kind; control characters are escaped."""
    first = sql_of(case.explained, dialect="duckdb").splitlines()[0]
    assert re.match(
        r"-- crembo \d+\.\d+\.\d+, dialect duckdb: the label by \w+\.onnx; columns: ", first
    )
    assert 'si"ze */ of\\n"things" (number)' in first
    assert "città (text)" in first
    assert "(whole number)" in first


def test_missing_texts_are_named_once(case: Case) -> None:
    """A text column is cleaned in the first common table expression, not in every branch."""
    if case.explained.student.kind == "tree":
        assert sql_of(case.explained).count("'1.#QNAN'") <= 2


def test_a_long_name_is_a_warning_for_postgres() -> None:
    """PostgreSQL cuts names after 63 bytes."""
    rows = np.array([[0], [1]], np.float32)
    student = explained(rewarded(TreeFamily(max_depth=1), rows, np.array([1, 0])), ["x" * 64], 2)
    assert "\n-- warning: names are cut after 63 bytes: xxx" in sql_of(student, dialect="postgres")
    assert "warning" not in sql_of(student)


@pytest.mark.parametrize("name", ["a; DROP TABLE b", "a -- b", "a\nb"])
def test_a_table_is_a_name(name: str) -> None:
    """What would end the statement or hide its rest is refused."""
    rows = np.array([[0], [1]], np.float32)
    student = explained(rewarded(TreeFamily(max_depth=1), rows, np.array([1, 0])), ["x"], 2)
    assert "FROM db.people t" in sql_of(student, table="db.people")
    with pytest.raises(UsageError, match="invalid name of a table"):
        sql_of(student, table=name)


def test_control_characters_in_texts_are_calls_of_chr() -> None:
    """No escape sequence is in the query, and DuckDB still finds and gives the very texts."""
    red, class_ = "\x1b[31mr'ed\x9b", "\x07no"
    frame = pd.DataFrame({"colour": [red, "blue", red, "blue"]})
    rows = np.array([[0], [1], [0], [1]], np.float32)
    student = replace(
        explained(rewarded(TreeFamily(max_depth=1), rows, np.array([1, 0, 1, 0])), ["colour"], 2),
        features=(Feature(name="colour", categories=(red, "blue"), kind="text"),),
        classes=(class_, "yes"),
    )
    for dialect, database in DATABASES:
        query = sql_of(student, dialect=dialect, keep=KEEP)
        assert all(line.isprintable() for line in query.splitlines())
        assert database(query, frame) == ["yes", class_, "yes", class_]
    for dialect in DIALECTS:
        query = sql_of(student, dialect=dialect)
        assert all(line.isprintable() for line in query.splitlines())


def test_a_name_that_sql_cannot_write_is_refused() -> None:
    """A quoted name cannot be put together from parts, and Oracle's has no double quote."""
    rows = np.array([[0], [1]], np.float32)
    student = rewarded(TreeFamily(max_depth=1), rows, np.array([1, 0]))
    for name, dialect in (("\x1b[2J", "ansi"), ('a"b', "oracle")):
        with pytest.raises(StudentError, match=r"unsupported character in a feature.s name"):
            sql_of(explained(student, [name], 2), dialect=dialect)


def test_ansi_is_quick_in_sqlite(tmp_path: Path) -> None:
    """Each stage is computed once: a student with pairs took minutes for 600 rows."""
    additive = make_case(tmp_path, "additive")
    begun = process_time()
    query = sql_of(additive.explained, dialect="ansi", keep=KEEP)
    labels = in_sqlite(query, pd.DataFrame(additive.rows))
    assert process_time() - begun < 1
    wrong = sum(one != other for one, other in zip(labels, additive.labels, strict=True))
    assert wrong <= len(labels) // 100  # without float32: see above
