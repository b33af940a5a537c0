"""`--rows`: a large table is drawn from, and the student is still replayed on every row."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import crembo_cli as crembo
from crembo_cli.dataset.draw import draw_rows
from crembo_cli.errors import TeacherError, UsageError
from crembo_cli.evaluation.measured import measure_rows
from crembo_cli.evaluation.metrics import Prediction
from crembo_cli.runs import labelling, querying
from crembo_cli.runs.rows import RowLimits, note_held, refuse_beyond_memory, rows_to_fit
from crembo_cli.student_file import build
from tests import small_teachers
from tests.command_line import Crembo
from tests.dataset.test_blocks import blocks_of
from tests.robustness.small_runs import evidence_of

FAST: dict[str, Any] = {"quick_report": True, "synthetic": 0, "max_depth": 2}


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """A table of 500 rows for the small teacher."""
    return small_teachers.table(500)


def test_auto_has_a_limit_for_fitting_and_one_for_testing() -> None:
    """Below both, all rows are held; above, each is cut to its limit, that of `all` as well."""
    auto = rows_to_fit("auto")
    assert auto.share_out(125_000, 0.2) == (100_000, 25_000)
    assert auto.share_out(1_000_000, 0.2) == (100_000, 100_000)
    assert auto.share_out(300_000, 0.2) == (100_000, 60_000)
    assert rows_to_fit("all").share_out(1_000_000, 0.2) == (800_000, 200_000)
    assert rows_to_fit("all").share_out(100_000_000, 0.2) == (1_000_000, 300_000)
    assert rows_to_fit(1_000).share_out(1_000_000, 0.2) == (800, 200)
    assert rows_to_fit("1000").share_out(10, 0.2) == (8, 2)


def test_the_teacher_is_queried_about_so_many_rows_and_the_rest_is_replayed(
    table: pd.DataFrame, teacher: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The report counts them, its bounds are of its test rows, and all 500 rows are replayed."""
    replayed: list[pd.DataFrame] = []
    own = build.run_model
    monkeypatch.setattr(
        build,
        "run_model",
        lambda model, of, frame, *more: (replayed.append(frame), own(model, of, frame, *more))[1],
    )
    monkeypatch.setattr(querying, "BLOCK_ROWS", 64)
    result = crembo.compress(teacher, table, rows=200, **FAST)
    data = result.report.data
    assert (data.rows, data.queried_rows, data.test_rows) == (500, 200, 40)
    assert (data.training_rows, data.validation_rows) == (144, 16)
    assert sorted(pd.concat(replayed).index) == list(range(500))
    assert max(map(len, replayed[3:])) <= 64


def test_a_draw_keeps_the_shares_of_the_labels(table: pd.DataFrame, teacher: Path) -> None:
    """A class with a tenth of the rows has a tenth of the test rows."""
    rare = table[(table.target != 0) | (np.arange(500) % 5 == 0)].reset_index(drop=True)
    report = crembo.compress(teacher, rare, rows=250, test_size=0.4, **FAST).report
    assert report.by_class is not None
    shares = np.array([each.rows for each in report.by_class]) / 100
    assert np.abs(shares - np.bincount(rare.target) / len(rare)).max() < 0.02


def test_a_table_within_the_limits_gives_the_same_student_with_auto_and_all(
    table: pd.DataFrame, teacher: Path
) -> None:
    """To the byte: nothing is drawn."""
    contents = {
        crembo.compress(teacher, table[:120], rows=each, **FAST).content
        for each in ("auto", "all", 120)
    }
    assert len(contents) == 1


def test_a_row_that_is_not_queried_keeps_the_table_honest(
    table: pd.DataFrame, tmp_path: Path
) -> None:
    """A cell that the teacher's integer input cannot hold is an error in any row."""
    whole = small_teachers.table(500, whole=True)
    model = small_teachers.teacher(tmp_path / "t.onnx", [("X", "INT64", (None, 4))])
    rows = {"rows": 100, **FAST}
    assert crembo.compress(model, whole, **rows).report.data.queried_rows == 100
    whole["a"] = whole["a"].astype(float)
    drawn = draw_rows(500, 100, 0, pd.factorize(whole.target)[0])
    whole.loc[np.setdiff1d(np.arange(500), drawn)[7], "a"] = 0.5
    with pytest.raises(TeacherError, match=r"0\.5"):
        crembo.compress(model, whole, **rows)


def test_test_data_has_limits_of_its_own(table: pd.DataFrame, teacher: Path) -> None:
    """Of N rows each, with --rows N."""
    data = crembo.compress(
        teacher, table, test_data=small_teachers.table(300), rows=90, **FAST
    ).report.data
    assert (data.rows, data.queried_rows, data.test_rows) == (500, 90, 90)


def test_the_command_line_notes_the_number_of_queried_rows(
    crembo: Crembo, table: pd.DataFrame, teacher: Path
) -> None:
    """In the heading of the answer, in the report, and in the progress."""
    table.to_csv("t.csv", index=False)
    few = ("--rows", "100", "--quick-report", "--synthetic", "0", "--thresholds", "2", "-v")
    done = crembo("compress", teacher, "t.csv", *few, "--report", "r.md", "--report", "r.json")
    assert done.code == 0
    assert "t.csv, 100 of its 500 rows" in " ".join(done.out.split())
    assert "t.csv`, 100 of its 500 rows" in Path("r.md").read_text()
    assert "querying teacher.onnx about 100 of 500 rows" in done.err
    assert json.loads(Path("r.json").read_text())["data"]["queried_rows"] == 100


@pytest.mark.parametrize("value", ["0", "-1", "few", "1.5", ""])
def test_an_invalid_number_of_rows(crembo: Crembo, teacher: Path, data: Path, value: str) -> None:
    """One line with what is expected, and exit code 2."""
    done = crembo("compress", teacher, data, f"--rows={value}")
    assert done.code == 2
    assert "--rows" in done.err
    assert "auto, all, or a whole number from 1" in done.err


def test_limits_in_words() -> None:
    """As a dry run prints them."""
    assert rows_to_fit("all").words() == "all rows; at most 1,000,000 to fit and validate on"
    assert rows_to_fit("5000").words() == "at most 5,000 rows"
    assert RowLimits().words().startswith("at most 100,000 rows to fit")


def test_more_rows_than_memory_holds_are_refused_with_a_number_that_it_holds() -> None:
    """100,000,000 rows of 20 columns take 48 GB; where memory is not known, nothing is refused."""
    with pytest.raises(UsageError) as error:
        refuse_beyond_memory("rows", 100_000_000, 20, 8 * 10**9)
    assert str(error.value) == (
        "rows: more rows than memory holds; found 100,000,000 rows x 20 columns, at least 48 GB; "
        "wanted at most 8 GB; use --rows 10000000, or fewer columns"
    )
    refuse_beyond_memory("rows", 10_000_000, 20, 8 * 10**9)
    refuse_beyond_memory("rows", 100_000_000, 20, None)


def test_all_rows_of_a_table_in_blocks_are_refused_before_they_are_read(
    table: pd.DataFrame, teacher: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Drawn ones fit, and a table that is in memory already is no question."""
    monkeypatch.setattr(labelling, "default_limit", lambda: 20_000)
    table.to_parquet(tmp_path / "t.parquet", index=False, row_group_size=100)
    with blocks_of(rows=100):
        with pytest.raises(UsageError, match="more rows than memory holds"):
            crembo.compress(teacher, tmp_path / "t.parquet", rows="all", **FAST)
        crembo.compress(teacher, tmp_path / "t.parquet", rows=200, **FAST)
    crembo.compress(teacher, table, rows="all", **FAST)


def test_a_class_without_a_drawn_row_is_named() -> None:
    """The error of a difference in AUC is unknown without one."""
    beliefs = np.eye(3, dtype=np.float32)[[0, 1, 2, 0, 1]]
    rows = evidence_of(pd.DataFrame({"x": np.arange(5.0)}), beliefs, np.array([0, 1, 2, 0, 1]))
    said = {"student": Prediction(labels=rows.y_true, probabilities=beliefs)}
    totals = measure_rows(rows, said).totals
    assert note_held(rows, totals, "margins", ["a", "b", "c"]) == []
    held = replace(rows, beliefs=beliefs[[0, 1]], y_true=rows.y_true[[0, 1]])
    assert note_held(held, totals, "margins", ["a", "b", "1 c"]) == [
        "margins are measured on 2 drawn rows",
        "the errors of differences in AUC are unknown: no drawn row is of class '1 c'",
    ]
    assert len(note_held(replace(held, y_true=None), totals, "margins", ["a", "b", "c"])) == 1
