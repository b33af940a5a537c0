"""What `--dask` refuses, before anything is started or reached."""

from __future__ import annotations

from pathlib import Path

import pytest

import crembo_cli as crembo
from crembo_cli.cluster.engine import current_engine, map_in_order, on_workers
from crembo_cli.errors import UsageError

NOBODY = "tcp://127.0.0.1:9"


@pytest.mark.parametrize("address", ["host:8786", "local:0", "local:two", "http://h:1", "tcp://h"])
def test_another_address_is_refused(teacher: Path, data: Path, address: str) -> None:
    """The message says what one looks like."""
    with pytest.raises(UsageError, match="--dask: invalid address of a scheduler; found"):
        crembo.score(teacher, data, dask=address)


@pytest.mark.parametrize(
    ("data_", "where"), [("-", "standard input"), ({"a": [1.0]}, "dict")], ids=["stdin", "memory"]
)
def test_a_table_that_is_no_file_is_refused(teacher: Path, data_: object, where: str) -> None:
    """Workers could not read it."""
    with pytest.raises(UsageError, match=f"{where}: not available with --dask: workers read files"):
        crembo.score(teacher, data_, dask=NOBODY)


def test_a_teacher_in_memory_is_refused(data: Path) -> None:
    """By compress too."""
    with pytest.raises(UsageError, match="not available with --dask: workers read files"):
        crembo.compress(len, data, dask=NOBODY)


def test_without_workers_all_is_done_here() -> None:
    """In order, when it is asked for."""
    with on_workers(None):
        assert current_engine() is None
        assert list(map_in_order(abs, [-1, 2, -3])) == [1, 2, 3]
