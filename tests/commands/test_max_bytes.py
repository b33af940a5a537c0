"""The test rows have no say in the choice between students, nor in the sizes that count."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import onnx
import pytest

from tests import small_teachers
from tests.command_line import Crembo

SWEEP = ("--max-depth", "1..3", "--synthetic", "50", "--thresholds", "2", "--jobs", "1")


def compress(crembo: Crembo, teacher: Path, data: Path, test: str, limit: int) -> tuple[int, Any]:
    """The exit code of a sweep within `limit` bytes, and the tree that it wrote."""
    done = crembo(
        *("compress", teacher, data, "--test-data", test, *SWEEP, "--quick-report"),
        *("--max-bytes", str(limit), "--json"),
    )
    if done.code:
        return done.code, None
    (written,) = Path.cwd().glob("*.student.onnx")
    report = json.loads(done.out)
    assert report["student"]["size"]["bytes"] == written.stat().st_size <= limit
    return done.code, onnx.load(written).graph.SerializeToString(deterministic=True)


@pytest.mark.parametrize("below", [0, 1])
def test_max_bytes_does_not_depend_on_the_test_rows(
    below: int, crembo: Crembo, teacher: Path, data: Path
) -> None:
    """One test row and many lead to the same student at the limit, and just below it."""
    frame = small_teachers.table()
    frame.iloc[:1].to_csv("one.csv", index=False)
    frame.assign(target=frame["target"].where(frame.index % 7 > 0, 0)).to_csv(
        "many.csv", index=False
    )
    code, _ = compress(crembo, teacher, data, "one.csv", 100_000)
    assert code == 0
    (written,) = Path.cwd().glob("*.student.onnx")
    limit = written.stat().st_size - below
    results = [compress(crembo, teacher, data, test, limit) for test in ("one.csv", "many.csv")]
    assert results[0] == results[1]
    assert below or results[0][0] == 0
