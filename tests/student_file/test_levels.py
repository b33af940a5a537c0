"""A student's file with less metadata: what is smaller, and which notes it gets."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import onnx
import pandas as pd
import pytest

import crembo_cli as crembo
from crembo_cli.commands.app import run
from crembo_cli.errors import StudentError, UsageError
from crembo_cli.search import defaults

ROWS = pd.DataFrame(
    {"size": [0.2, 2.0, 2.5, 0.4] * 30, "colour": ["red", "blue", None] * 40},
)
TABLE = ROWS.assign(label=(ROWS["size"] > 1).astype(int))


def teacher(rows: pd.DataFrame) -> np.ndarray:
    """A small size is class 0, a large one class 1."""
    second = np.where(rows["size"] > 1, 0.8, 0.1)
    return np.column_stack([1 - second, second])


@cache
def content(level: str, cost: str | None = None) -> bytes:
    """A tree of one split."""
    return crembo.compress(
        teacher,
        ROWS,
        metadata=level,
        cost=None if cost is None else [cost],
        quick_report=True,
        synthetic=0,
        thresholds=2,
    ).content


def write(folder: Path, level: str, cost: str | None = None) -> Path:
    """The same as a file."""
    path = folder / f"{level}.onnx"
    path.write_bytes(content(level, cost))
    return path


def test_each_level_is_smaller_than_the_one_before() -> None:
    """And the student is the same: only metadata differ."""
    models = [onnx.load_from_string(content(each)) for each in defaults.METADATA_LEVELS]
    sizes = [len(content(each)) for each in defaults.METADATA_LEVELS]
    assert sizes[1] < sizes[0] - 900
    assert sizes[2] < sizes[1] - 150
    assert {each.graph.SerializeToString() for each in models} == {
        models[0].graph.SerializeToString()
    }
    assert not models[2].metadata_props


def test_explain_reads_short_metadata(tmp_path: Path) -> None:
    """Code and text have the features and classes; costs are kept, as they decide."""
    for cost in (None, "1:0=9"):
        code = crembo.explain(write(tmp_path, "short", cost), format="python")
        assert code == crembo.explain(write(tmp_path, "full", cost), format="python").replace(
            b"full.onnx", b"short.onnx"
        )
    assert b"utilities" in code.lower()


def test_evaluate_notes_what_is_not_known(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In one line; the metrics are those of the full file, and there is no drift."""
    TABLE.to_csv(tmp_path / "t.csv", index=False)
    full = crembo.evaluate(write(tmp_path, "full"), TABLE, label="label").report
    assert full.drift is not None
    for level in ("short", "none"):
        report = crembo.evaluate(write(tmp_path, level), TABLE, label="label").report
        assert report.drift is None
        assert report.metrics["student"] == full.metrics["student"]
        path = str(tmp_path / f"{level}.onnx")
        for command in (
            ["evaluate", path, str(tmp_path / "t.csv")],
            ["compare", str(tmp_path / "full.onnx"), path, str(tmp_path / "t.csv")],
            ["score", path, str(tmp_path / "t.csv"), "--drop", "label"],
            ["inspect", path],
        ):
            assert run(command) == 0
            told = capsys.readouterr().err.splitlines()
            assert sum(f"(--metadata {level})" in line for line in told) == 1, command


def test_a_file_without_metadata_is_not_read_as_a_student(tmp_path: Path) -> None:
    """The error gives the reason, and what to do."""
    path = write(tmp_path, "none")
    for read in (
        lambda: crembo.explain(path),
        lambda: crembo.load_student(path),
        lambda: crembo.mlflow(path, tmp_path / "model"),
    ):
        with pytest.raises(StudentError, match=r"no metadata; .*with --metadata short"):
            read()


def test_another_level_is_refused() -> None:
    """With the levels that there are."""
    with pytest.raises(UsageError, match=r"--metadata: invalid choice.*full or short or none"):
        content("tiny")
