"""`compress --rows all`: a student of at most so many rows is measured on all others."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import crembo_cli as crembo
from crembo_cli.dataset.draw import draw_rows
from crembo_cli.dataset.labelled import Splits
from crembo_cli.runs import compress
from crembo_cli.runs import rows as limits
from crembo_cli.search import defaults
from tests import small_teachers
from tests.command_line import Crembo
from tests.dataset.test_blocks import blocks_of
from tests.runs.test_blocks import FAST, answers, as_parquet, mixed, same_numbers

ROWS, FITTED, HELD = 600, 120, 60


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """At most FITTED rows are fitted and validated on, and the features of HELD test rows held."""
    monkeypatch.setattr(defaults, "MOST_FIT_ROWS", FITTED)
    monkeypatch.setattr(limits, "HELD_ROWS", HELD)


@pytest.fixture
def splits(monkeypatch: pytest.MonkeyPatch) -> list[Splits]:
    """The splits of the runs that follow."""
    found: list[Splits] = []
    own = compress.measure_student

    def watch(selected: Any, splits: Splits, *others: Any, **named: Any) -> Any:
        found.append(splits)
        return own(selected, splits, *others, **named)

    monkeypatch.setattr(compress, "measure_student", watch)
    return found


def write(folder: Path, frame: pd.DataFrame, name: str = "t") -> Path:
    """Write a table of many row groups."""
    as_parquet(frame.reset_index(drop=True), folder / f"{name}.parquet", random.Random(1))
    return folder / f"{name}.parquet"


@contextmanager
def whole() -> Iterator[None]:
    """Hold all rows of each table."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "HELD_ROWS", 300_000)
        yield


def check_measured_on(result: Any, folder: Path, rows: pd.DataFrame, **options: Any) -> None:
    """Check that the metrics of a run are those of `evaluate` on `rows`, all of them held."""
    (folder / "s.onnx").write_bytes(result.content)
    path = write(folder, rows, "rest")
    with whole():
        expected = crembo.evaluate(folder / "s.onnx", path, teacher=answers, **options).report
    found = result.report
    for name in ("student", "teacher"):
        same_numbers(found.metrics[name], expected.metrics[name])
    same_numbers(found.by_class, expected.by_class)
    same_numbers(found.robustness.bounds, expected.robustness.bounds)
    same_numbers(found.robustness.depth.test, expected.robustness.depth.test)
    own, other = found.differences["teacher"], expected.differences["teacher"]
    # The error of a difference of areas is estimated from the rows that are held.
    same_numbers(replace(own, roc_auc=None), replace(other, roc_auc=None))


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize(
    ("label", "options"),
    [(True, {}), (False, {}), (True, {"class_weight": "balanced"}), (True, {"temperature": 2})],
)
def test_all_rows_that_are_not_fitted_on_are_test_rows(
    tmp_path: Path, splits: list[Splits], label: bool, options: dict[str, Any]
) -> None:
    """However the table is cut, the metrics are those of `evaluate` on them."""
    frame = mixed(ROWS) if label else mixed(ROWS).drop(columns="target")
    path, results = write(tmp_path, frame), []
    for size in (40, 77):
        with blocks_of(rows=size):
            results.append(crembo.compress(answers, path, rows="all", **options, **FAST))
    found = results[0].report
    data = found.data
    assert (data.rows, data.queried_rows, data.test_rows) == (ROWS, ROWS, ROWS - FITTED)
    assert (data.training_rows or 0) + (data.validation_rows or 0) == FITTED
    assert found.robustness.margin.rows == HELD
    for name in ("data", "search", "metrics", "differences", "by_class", "curves", "references"):
        same_numbers(getattr(results[1].report, name), getattr(found, name))
    fitted = [each.frame.index for each in splits[0].without_test()]
    check_measured_on(results[0], tmp_path, frame.drop(index=fitted[0].union(fitted[1])))
    noted = "noise, margins and weakest groups are measured on 60 drawn rows"
    assert noted in results[0].notes


@pytest.mark.usefixtures("few")
def test_the_rows_of_a_test_table_are_measured_all(tmp_path: Path, splits: list[Splits]) -> None:
    """Those of DATA that are not fitted on are replayed alone."""
    later = mixed(900)[ROWS:]
    data, test = write(tmp_path, mixed(ROWS)), write(tmp_path, later, "later")
    with blocks_of(rows=70):
        result = crembo.compress(answers, data, test_data=test, rows="all", **FAST)
    found = result.report.data
    assert (found.rows, found.queried_rows, found.test_rows) == (ROWS, FITTED, 300)
    assert [each.count for each in splits[0].others] == [ROWS - FITTED, 300 - HELD]
    check_measured_on(result, tmp_path, later)


@pytest.mark.usefixtures("few")
def test_rows_that_are_not_held_influence_nothing_but_the_report(
    tmp_path: Path, splits: list[Splits]
) -> None:
    """With other features there, the student is the same to the byte."""
    frame = mixed(ROWS)
    results = []
    for name in ("one", "other"):
        with blocks_of(rows=50):
            path = write(tmp_path, frame, name)
            results.append(crembo.compress(answers, path, rows="all", metadata="none", **FAST))
        held = [*splits[0].without_test(), splits[0].test]
        others = ~frame.index.isin(np.concatenate([each.frame.index for each in held]))
        assert others.sum() == ROWS - FITTED - HELD
        frame.loc[others, "a"] = 12 - frame.loc[others, "a"]
    assert results[0].content == results[1].content
    assert results[0].report.metrics["student"] != results[1].report.metrics["student"]


@pytest.mark.usefixtures("few")
def test_a_fault_in_a_row_that_is_not_held_ends_the_run(tmp_path: Path, crembo: Crembo) -> None:
    """It is found when the student is measured; nothing is written, and one line names the row."""
    whole = small_teachers.table(ROWS, whole=True)
    small_teachers.teacher(tmp_path / "t.onnx", [("X", "INT64", (None, 4))])
    drawn = draw_rows(ROWS, FITTED + HELD, 0, pd.factorize(whole.target)[0])
    row = int(np.setdiff1d(np.arange(ROWS), drawn)[300])
    whole["a"] = whole["a"].astype(float)
    whole.loc[row, "a"] = 0.5
    path = write(tmp_path, whole)
    with blocks_of(rows=50):
        done = crembo(
            "compress", tmp_path / "t.onnx", path, "--rows", "all", "-o", tmp_path / "s.onnx"
        )
    assert done.code == 2
    assert f"row {row + 1}" in done.err
    assert "0.5" in done.err
    assert not (tmp_path / "s.onnx").exists()


def test_a_dry_run_says_how_many_rows_are_fitted_on(
    crembo: Crembo, teacher: Path, data: Path
) -> None:
    """And that all are queried, and all others tested on."""
    done = crembo("compress", teacher, data, "--rows", "all", "--dry-run")
    words = " ".join(done.out.split())
    assert "all rows; at most 1,000,000 to fit and validate on" in words
    assert "20% of the rows, and all others that are not fitted on" in words
    done = crembo("compress", teacher, data, "--rows", "all", "--test-data", data, "--dry-run")
    assert "at most 1,000,000 rows of DATA, all rows of --test-data" in " ".join(done.out.split())
