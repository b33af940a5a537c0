"""Clients that run what `crembo explain` writes, each a function of a case; see clients.py."""

from __future__ import annotations

import ctypes
import json
import math
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
from client_models import NODE, AbsentError, Answer, Client, RefusedError, _modules, _version

from crembo_cli.explanations.c import c_of
from crembo_cli.explanations.javascript import javascript_of
from crembo_cli.explanations.python import python_of
from crembo_cli.explanations.sql import sql_of
from tests.explanations.edge_rows import Case

WARNINGS = ["-Wall", "-Wextra", "-pedantic", "-Wconversion", "-Werror"]
COMPILERS = {
    "gcc": [*WARNINGS, "-std=c99", "-O2"],
    "clang": [*WARNINGS, "-std=c99", "-O2"],
    "g++": [*WARNINGS, "-std=c++11", "-x", "c++"],
    "tcc": [],
}


def code_clients() -> list[Client]:
    """All of them; variables name the servers."""
    return [
        Client(name="Python, generated", run=in_generated_python),
        Client(name="MicroPython (WebAssembly), generated", run=in_micropython),
        Client(name="node.js, generated", run=in_node_alone),
        *(Client(name=f"{each}, generated", run=compiled_by(each)) for each in COMPILERS),
        Client(name=f"SQLite {sqlite3.sqlite_version}", run=in_sqlite),
        Client(name=_version("duckdb"), run=in_duckdb),
        Client(name=_version("chdb", " (ClickHouse)"), run=in_clickhouse),
        Client(name="PostgreSQL", run=in_postgres, server=True),
        Client(name="MariaDB", run=in_mariadb, server=True, finite=True),
    ]


def in_generated_python(case: Case) -> Answer:
    """In this Python."""
    module: dict[str, Any] = {}
    exec(python_of(case.explained), module)
    answers = [(module["predict"](row), module["predict_proba"](row)) for row in case.rows]
    return [label for label, _ in answers], np.array([row for _, row in answers])


RUN_MICROPYTHON = """
import { loadMicroPython } from "@micropython/micropython-webassembly-pyscript/micropython.mjs";
import fs from "fs";
const lines = [];
const python = await loadMicroPython({ heapsize: 64000000, stdout: (each) => lines.push(each) });
python.runPython(fs.readFileSync(process.argv[2], "utf8"));
fs.writeFileSync(process.argv[3], lines.join("\\n"));
"""


def in_micropython(case: Case) -> Answer:
    """Its WebAssembly, of npm, in node.js."""
    modules = _modules()
    if NODE is None or not (modules / "@micropython").is_dir():
        raise AbsentError(
            "CREMBO_NODE_MODULES: npm install @micropython/micropython-webassembly-pyscript"
        )
    lines = [
        python_of(case.explained),
        "inf = float('inf')",
        f"rows = {case.rows!r}",
        "for row in rows:",
        "    print(json_of([predict(row), list(predict_proba(row))]))",
    ]
    lines[1:1] = ["from json import dumps as json_of"]
    with TemporaryDirectory() as folder:
        script, source, answer = (Path(folder) / each for each in ("run.mjs", "s.py", "out.json"))
        (Path(folder) / "node_modules").symlink_to(modules)
        script.write_text(RUN_MICROPYTHON)
        source.write_text("\n".join(lines))
        done = subprocess.run(
            [NODE, script, source, answer], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RefusedError(done.stderr.strip().splitlines()[-1])
        answers = [json.loads(line) for line in answer.read_text().splitlines()]
    return [label for label, _ in answers], np.array([row for _, row in answers])


def in_node_alone(case: Case) -> Answer:
    """One module without dependencies."""
    if NODE is None:
        raise AbsentError("node")
    from tests.explanations.node import answers_of

    with TemporaryDirectory() as folder:
        answers = answers_of(javascript_of(case.explained), case.rows, Path(folder))
    return [label for label, _ in answers], np.array([row for _, row in answers])


def compiled_by(compiler: str) -> Callable[[Case], Answer]:
    """A shared library; any warning is a refusal."""

    def run(case: Case) -> Answer:
        if shutil.which(compiler) is None:
            raise AbsentError(compiler)
        features, classes = case.explained.features, case.explained.classes
        with TemporaryDirectory() as folder:
            source, library = Path(folder) / "s.c", Path(folder) / "s.so"
            source.write_text(c_of(case.explained))
            command = [compiler, *COMPILERS[compiler], "-shared", "-fPIC", "-o", library, source]
            done = subprocess.run([*command, "-lm"], capture_output=True, text=True, check=False)
            if done.returncode:
                raise RefusedError(done.stderr.strip().splitlines()[0])
            code = ctypes.CDLL(str(library))
            fields = [
                (f"f{j}", ctypes.c_char_p if each.categories else ctypes.c_double)
                for j, each in enumerate(features)
            ]
            row_type = type("Row", (ctypes.Structure,), {"_fields_": fields})
            labels, probabilities = [], []
            for row in case.rows:
                cells = [_c_cell(row[each.name], bool(each.categories)) for each in features]
                given = row_type(*cells)
                answer = (ctypes.c_float * len(classes))()
                code.crembo_probabilities(ctypes.byref(given), answer)
                labels.append(classes[code.crembo_predict(ctypes.byref(given))])
                probabilities.append(list(answer))
        return labels, np.array(probabilities)

    return run


def _c_cell(cell: Any, text: bool) -> Any:
    if text:
        return None if cell is None else cell.encode()
    return math.nan if cell is None else cell


def _by_queries(case: Case, dialect: str, fetch: Callable[[str], Sequence[Any]]) -> Answer:
    """Labels and probabilities by queries that keep the number of the row."""

    def ordered(class_: str | None) -> list[Any]:
        keep = {"dialect": dialect, "keep": ["row_number"]}
        query = sql_of(case.explained, **keep) if class_ is None else sql_of(
            case.explained, class_=class_, **keep)  # fmt: skip
        return [row[-1] for row in sorted(fetch(query), key=lambda row: int(row[0]))]

    probabilities = [ordered(each) for each in case.explained.class_names()]
    return ordered(None), np.array(probabilities, np.float64).T


def in_sqlite(case: Case) -> Answer:
    """In memory."""
    with closing(sqlite3.connect(":memory:")) as base:
        pd.DataFrame(case.rows).to_sql("data", base, index_label="row_number")
        return _by_queries(case, "sqlite", lambda query: base.execute(query).fetchall())


def in_duckdb(case: Case) -> Answer:
    """In memory, missing numbers as NaN."""
    if find_spec("duckdb") is None:
        raise AbsentError("pip install duckdb")
    import duckdb

    with duckdb.connect() as base:
        base.register("given", pd.DataFrame(case.rows).rename_axis("row_number").reset_index())
        base.execute("CREATE TABLE data AS SELECT * FROM given")
        return _by_queries(case, "duckdb", lambda query: base.execute(query).fetchall())


def in_clickhouse(case: Case) -> Answer:
    """The engine of ClickHouse in this process."""
    if find_spec("chdb") is None:
        raise AbsentError("pip install chdb")
    from chdb.session import Session

    def quote(text: str, mark: str) -> str:
        return mark + text.replace("\\", "\\\\").replace(mark, f"\\{mark}") + mark

    def cell(value: Any) -> str:
        if value is None:
            return "NULL"
        return quote(value, "'") if isinstance(value, str) else repr(float(value))

    session = Session()
    features = case.explained.features
    columns = ", ".join(
        f"{quote(each.name, '`')} Nullable({'String' if each.categories else 'Float64'})"
        for each in features
    )
    rows = ",".join(
        f"({i},{','.join(cell(row[each.name]) for each in features)})"
        for i, row in enumerate(case.rows)
    )
    session.query("DROP TABLE IF EXISTS data")
    session.query(f"CREATE TABLE data (row_number Int32, {columns}) ENGINE = Memory")
    session.query(f"INSERT INTO data VALUES {rows}")

    def fetch(query: str) -> Sequence[Any]:
        found: Sequence[Any] = json.loads(str(session.query(query, "JSONCompact")))["data"]
        return found

    return _by_queries(case, "clickhouse", fetch)


@contextmanager
def _table(cursor: Any, case: Case, mark: str, types: tuple[str, str], more: str) -> Iterator[None]:
    """The rows as the table `data`."""
    features = case.explained.features
    columns = ", ".join(
        f"{mark}{each.name.replace(mark, mark * 2)}{mark} {types[bool(each.categories)]}"
        for each in features
    )
    cursor.execute("DROP TABLE IF EXISTS data")
    cursor.execute(f"CREATE TABLE data ({mark}row_number{mark} INT, {columns}) {more}")
    holes = ",".join(["%s"] * (len(features) + 1))
    rows = [(i, *(row[each.name] for each in features)) for i, row in enumerate(case.rows)]
    cursor.executemany(f"INSERT INTO data VALUES ({holes})", rows)
    yield
    cursor.execute("DROP TABLE data")


def in_postgres(case: Case) -> Answer:
    """The server of the connection string `CREMBO_POSTGRES`."""
    if "CREMBO_POSTGRES" not in os.environ:
        raise AbsentError("CREMBO_POSTGRES is a connection string, for psycopg")
    import psycopg

    with psycopg.connect(os.environ["CREMBO_POSTGRES"], autocommit=True) as base:
        cursor = base.cursor()
        with _table(cursor, case, '"', ("DOUBLE PRECISION", "TEXT"), ""):
            return _by_queries(case, "postgres", lambda query: cursor.execute(query).fetchall())


def in_mariadb(case: Case) -> Answer:
    """The server at the socket `CREMBO_MARIADB`, without the rows that hold infinity."""
    if "CREMBO_MARIADB" not in os.environ:
        raise AbsentError("CREMBO_MARIADB is the path of a socket, for pymysql")
    import pymysql

    base = pymysql.connect(
        unix_socket=os.environ["CREMBO_MARIADB"], user="root", charset="utf8mb4", database="test"
    )
    with closing(base), base.cursor() as cursor:

        def fetch(query: str) -> Sequence[Any]:
            cursor.execute(query)
            found: Sequence[Any] = cursor.fetchall()
            return found

        more = "CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci"
        with _table(cursor, case, "`", ("DOUBLE", "VARCHAR(80)"), more):
            return _by_queries(case, "mysql", fetch)
