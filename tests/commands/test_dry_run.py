"""`--dry-run` and `--no-clobber`: what would be done, and what must not be overwritten."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tests import small_teachers
from tests.command_line import Crembo


def test_a_dry_run_prints_what_would_be_done_and_writes_nothing(
    crembo: Crembo, tmp_path: Path, beliefs: Path
) -> None:
    """The student, the files, and what each column is; notes on the columns come too."""
    small_teachers.table().assign(id=range(small_teachers.ROWS)).to_csv("t.csv", index=False)
    done = crembo(
        "compress", beliefs, "t.csv", "--drop", "id", "--max-depth", "3", "--report", "r.html",
        "--dry-run",
    )  # fmt: skip
    assert done.code == 0
    assert done.out.splitlines() == [
        "student:   tree max_depth=3",
        "search:    crembo for labels, synthetic rows auto, seed 0",
        "queried:   at most 100,000 rows to fit and validate on, 100,000 to test on",
        "tested on: 20% of the rows, at most 100,000",
        "writes:    beliefs.student.onnx, r.html",
        "queries:   beliefs.parquet, beliefs; classes 0, 1, 2",
        "table:     t.csv, 60 rows",
        "label:     target",
        "features:  'a', 'b', 'c', 'd'",
        "ignored:   none",
    ]
    assert done.err == "crembo: dry run: nothing was queried, fitted or written\n"
    assert [each.name for each in tmp_path.iterdir()] == ["t.csv"]


def test_a_dry_run_of_a_model_does_not_query_it(
    crembo: Crembo, tmp_path: Path, teacher: Path, data: Path
) -> None:
    """`score` and `evaluate` have one as well."""
    done = crembo("score", teacher, data, "--dry-run", "-o", "scores.csv")
    assert (done.code, done.out.splitlines()[0]) == (0, "writes:    scores.csv")
    assert "queries:   teacher.onnx, onnx" in done.out
    done = crembo("evaluate", teacher, data, "--dry-run")
    assert (done.code, done.out.splitlines()[0]) == (0, f"student:   {teacher}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (["--label", "Target"], "no column 'Target'; did you mean 'target'?"),
        (["--require", "fidelty>=1"], "unknown metric 'fidelty'"),
        (["--report", "nowhere/r.html"], "folder does not exist"),
    ],
)
def test_a_dry_run_finds_what_a_run_would_refuse(
    options: list[str], line: str, crembo: Crembo, beliefs: Path, data: Path
) -> None:
    """Exit code 2, as the run itself."""
    done = crembo("compress", beliefs, data, "--dry-run", *options)
    assert (done.code, done.out) == (2, "")
    assert line in done.err


def test_no_clobber_leaves_every_output_as_it_is(
    crembo: Crembo, tmp_path: Path, beliefs: Path, data: Path
) -> None:
    """The student, a report, a table of scores and an explanation; new files are written."""
    fast = ("--synthetic", "0", "--quick-report", "-s", "linear", "-q", "--no-clobber")
    first = ("compress", beliefs, data, *fast, "-o", "s.onnx", "--report", "r.json")
    assert crembo(*first).code == 0
    score = ("score", beliefs, data, "--no-clobber", "-o", "scores.csv")
    explain = ("explain", "s.onnx", "--no-clobber", "-o", "s.txt")
    assert (crembo(*score).code, crembo(*explain).code) == (0, 0)
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    evaluate = ("evaluate", "s.onnx", data, "--no-clobber", "--report", "r.json")
    for run, name in ((first, "s.onnx"), (score, "scores.csv"), (explain, "s.txt")):
        done = crembo(*run)
        line = f"{name}: the output exists; remove it, or leave out --no-clobber"
        assert (done.code, done.err) == (2, f"crembo: {line}\n")
    assert crembo(*evaluate).err.startswith("crembo: r.json: the output exists")
    assert {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before
    assert len(pd.read_csv(tmp_path / "scores.csv")) == small_teachers.ROWS
