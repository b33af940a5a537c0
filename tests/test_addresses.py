"""Tables and teachers at addresses: S3 and HTTP on loopback, patterns, folders named by columns."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import fsspec
import pandas as pd
import pytest

import crembo_cli as crembo
from crembo_cli.errors import DataError, TeacherError
from tests import small_teachers
from tests.command_line import Crembo

# The client of S3 leaves its sessions to the end of the process.
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore:unclosed:ResourceWarning"
)


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The file system of an S3 server in a process of its own, with an empty bucket."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=tmp_path_factory.mktemp("s3"),
    )
    settings = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    try:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in settings.items():
                patch.setenv(name, value)
            for _ in range(600):
                with socket.socket() as tried:
                    if tried.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.1)
            files = fsspec.filesystem("s3", skip_instance_cache=True)
            files.mkdir("bucket")
            yield files
    finally:
        server.kill()
        server.wait()


def parts(folder: Path) -> pd.DataFrame:
    """Write a table as six parts in folders of two columns; return it."""
    table = small_teachers.table(60)
    for number in range(6):
        part = folder / f"day=2026-11-0{number // 3 + 1}" / f"hour={number % 3}"
        part.mkdir(parents=True)
        rows = table[10 * number : 10 * number + 10]
        rows.to_parquet(part / f"part-{number}.parquet", index=False)
    return table.assign(
        day=[f"2026-11-0{i // 30 + 1}" for i in range(60)], hour=[i // 10 % 3 for i in range(60)]
    )


def test_a_table_and_a_teacher_in_s3_are_those_on_disk(
    crembo: Crembo,
    s3: Any,
    teacher: Path,
    data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The same student, to the byte; the copies are gone, and addresses are what reports say."""
    s3.put_file(str(teacher), "bucket/models/teacher.onnx")
    s3.put_file(str(data), "bucket/data.csv")
    quick = ("--quick-report", "--synthetic", "0", "--thresholds", "2", "-q")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    done = crembo("compress", teacher, data, *quick, "-o", "one.onnx")
    assert done.code == 0
    away = ("s3://bucket/models/teacher.onnx", "s3://bucket/data.csv")
    done = crembo("compress", *away, *quick, "-o", "two.onnx", "--report", "r.json")
    assert (done.code, done.err) == (0, "")
    assert (tmp_path / "one.onnx").read_bytes() == (tmp_path / "two.onnx").read_bytes()
    assert all(f'"{each}"' in Path("r.json").read_text() for each in away)
    assert list(temporary.iterdir()) == []


def test_folders_and_patterns_in_s3(s3: Any, teacher: Path, tmp_path: Path) -> None:
    """A hive-partitioned folder, and the parts of one day by a pattern."""
    parts(tmp_path / "t")
    s3.put(f"{tmp_path / 't'}/", "bucket/t/", recursive=True)
    s3.pipe_file("bucket/t/_SUCCESS", b"")
    options: dict[str, Any] = {"drop": "day,hour"}
    whole = crembo.score(teacher, small_teachers.table(60)).frame
    folder = crembo.score(teacher, "s3://bucket/t", **options).frame
    pd.testing.assert_frame_equal(folder, whole)
    day = crembo.score(teacher, "s3://bucket/t/day=2026-11-02/*/part-*.parquet", drop="hour").frame
    pd.testing.assert_frame_equal(day, whole[30:].reset_index(drop=True))


@pytest.mark.parametrize(
    "address", ["s3://bucket/none.csv", "s3://bucket/no/*.parquet", "s3://no/x"]
)
def test_what_is_not_there_is_one_line(
    crembo: Crembo, s3: Any, teacher: Path, address: str
) -> None:
    """With the address, and exit code 2."""
    done = crembo("score", teacher, address)
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert done.err.startswith(f"crembo: {address}: ")


def test_a_table_by_http(teacher: Path, data: Path) -> None:
    """From a server on loopback; a missing file is an error."""
    serve = partial(SimpleHTTPRequestHandler, directory=str(data.parent))
    SimpleHTTPRequestHandler.log_message = lambda *_: None  # type: ignore[method-assign]
    with ThreadingHTTPServer(("127.0.0.1", 0), serve) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        found = crembo.score(teacher, f"{address}/data.csv?x=1")
        with pytest.raises(DataError, match=f"{address}/none.csv: no such file"):
            crembo.score(teacher, f"{address}/none.csv")
        server.shutdown()
    pd.testing.assert_frame_equal(found.frame, crembo.score(teacher, data).frame)
    assert found.info["data"]["path"] == f"{address}/data.csv?x=1"


def test_a_file_address(teacher: Path, data: Path) -> None:
    """As text and as a path, which has fewer slashes."""
    for address in (f"file://{data}", Path(f"file://{data}")):
        found = crembo.score(f"file://{teacher}", address)
        pd.testing.assert_frame_equal(found.frame, crembo.score(teacher, data).frame)


def test_a_package_that_is_missing_is_named(
    monkeypatch: pytest.MonkeyPatch, teacher: Path, data: Path
) -> None:
    """With the command that installs it."""
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(
        DataError, match=r"s3://b/x\.csv: .*no fsspec; pip install 'crembo-cli\[rem"
    ):
        crembo.score(teacher, "s3://b/x.csv")
    with pytest.raises(TeacherError, match=r"s3://b/x\.onnx"):
        crembo.score("s3://b/x.onnx", data)


def test_folders_named_by_columns_are_columns(teacher: Path, tmp_path: Path) -> None:
    """Of text or of whole numbers; a teacher may need them, and a missing value is one."""
    table = parts(tmp_path / "t")

    def answer(rows: pd.DataFrame) -> Any:
        assert [each.kind for each in rows.dtypes] == ["f"] * 4 + ["O", "i"]
        share = (rows["hour"] + (rows["day"] == "2026-11-02")) / 3
        return pd.DataFrame({0: share, 1: 1 - share}).to_numpy()

    found = crembo.score(answer, tmp_path / "t", drop="target")
    pd.testing.assert_frame_equal(found.frame, crembo.score(answer, table, drop="target").frame)


def test_patterns_name_parts(crembo: Crembo, teacher: Path, tmp_path: Path) -> None:
    """In the order of their names; a pattern without a match is an error."""
    parts(tmp_path / "t")
    done = crembo("score", teacher, "t/day=*/hour=1/*.parquet", "--drop", "day,hour")
    assert done.code == 0
    assert done.out.count("\n") == 21
    done = crembo("score", teacher, "t/x*.parquet")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "no file matches" in done.err
    small_teachers.table().to_csv("t/a.csv", index=False)
    done = crembo("score", teacher, "t/a*")
    assert done.code == 2
    assert "t/a*: unsupported table format; found 'a.csv'" in done.err


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ("part.parquet", "lie in folders with other columns; found none; wanted day, hour"),
        ("deep/part.parquet", "invalid table folder; found 'deep' in it"),
        ("day=3/hour=1/a.txt", "invalid table folder; found 'a.txt' in it"),
    ],
)
def test_other_folders_are_refused(tmp_path: Path, teacher: Path, extra: str, message: str) -> None:
    """With the first thing that does not fit."""
    parts(tmp_path / "t")
    path = tmp_path / "t" / extra
    path.parent.mkdir(parents=True, exist_ok=True)
    small_teachers.table(10).to_parquet(path)
    with pytest.raises(DataError, match=message):
        crembo.score(teacher, tmp_path / "t")
