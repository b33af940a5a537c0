"""Runs over tables in blocks: the same students and scores, and outputs whole or not at all."""

from __future__ import annotations

import random
import resource
from collections.abc import Callable
from dataclasses import is_dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import crembo_cli as crembo
from crembo_cli.errors import DataError
from crembo_cli.runs import rows as limits
from tests import small_teachers
from tests.command_line import Crembo
from tests.dataset.test_blocks import blocks_of

FAST: dict[str, Any] = {
    "quick_report": True, "max_depth": 3, "synthetic": 20, "thresholds": 4
}  # fmt: skip


def mixed(rows: int = 240) -> pd.DataFrame:
    """Numbers, whole numbers of which a late one is missing, yes or no, and text."""
    frame = small_teachers.table(rows)
    frame["b"] = [None if i > rows - 9 and i % 3 else int(b) for i, b in enumerate(frame["b"])]
    frame["c"] = frame["c"] > 4
    frame["d"] = np.where(frame["d"] > 6, "high", np.where(frame["d"] > 3, "mid", "low"))
    return frame


def answers(rows: pd.DataFrame) -> np.ndarray:
    """Answer as a teacher that knows all of these kinds."""
    b = pd.to_numeric(rows["b"]).fillna(4).to_numpy(float)
    scores = np.stack([rows["a"] + 3 * rows["c"], b, 4 + 3 * (rows["d"] == "high")], axis=1)
    powers = np.exp(np.asarray(scores, float) / 2)
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def as_csv(frame: pd.DataFrame, path: Path, rng: random.Random) -> dict[str, int]:
    """Write text, and return how to cut it."""
    frame.to_csv(path, index=False)
    return {"size": rng.randrange(300, 1_200)}


def as_parquet(frame: pd.DataFrame, path: Path, rng: random.Random) -> dict[str, int]:
    """Write row groups of any size, and return how to cut them."""
    pq.write_table(pa.Table.from_pandas(frame), path, row_group_size=rng.randrange(5, 90))
    return {"rows": rng.randrange(20, 100)}


@pytest.mark.parametrize("rows", ["auto", 100])
@pytest.mark.parametrize(("write", "suffix"), [(as_csv, ".csv"), (as_parquet, ".parquet")])
def test_a_table_in_any_blocks_gives_the_same_student_to_the_byte(
    tmp_path: Path, write: Callable[..., dict[str, int]], suffix: str, rows: str | int
) -> None:
    """Whole numbers become one column with the missing cells of the last block."""
    contents = set()
    reports = []
    path = tmp_path / f"t{suffix}"
    for seed in range(2):
        size = write(mixed(), path, random.Random(3))  # one file: its hash is in the student's
        if seed:
            rng = random.Random(seed)
            size = {name: rng.randrange(value // 2 + 1, value + 1) for name, value in size.items()}
            with blocks_of(**size):
                result = crembo.compress(answers, path, rows=rows, **FAST)
        else:
            result = crembo.compress(answers, path, rows=rows, **FAST)
        contents.add(result.content)
        reports.append(result.report)
    assert len(contents) == 1
    assert reports[0].data == reports[1].data
    assert reports[0].metrics == reports[1].metrics


def test_test_data_in_blocks(tmp_path: Path) -> None:
    """It is read as the training data was."""
    for name, rows in (("a", 240), ("b", 150)):
        as_parquet(mixed(rows), tmp_path / f"{name}.parquet", random.Random(1))
    tables = {"data": tmp_path / "a.parquet", "test_data": tmp_path / "b.parquet"}
    whole = crembo.compress(answers, **tables, **FAST)
    with blocks_of(rows=40):
        cut = crembo.compress(answers, **tables, **FAST)
    assert cut.content == whole.content
    assert cut.report.metrics == whole.report.metrics


def test_labels_that_match_no_class_keep_their_row(tmp_path: Path) -> None:
    """Also where the row is in a later block and is not drawn."""
    frame = mixed()
    frame["target"] = frame["target"].astype(str)
    frame.loc[200, "target"] = "9"
    as_parquet(frame, tmp_path / "t.parquet", random.Random(2))
    with blocks_of(rows=30), pytest.raises(DataError, match=r"row 201, column 'target'.*'9'"):
        crembo.compress(answers, tmp_path / "t.parquet", label="target", rows=50, **FAST)


@pytest.mark.parametrize("kind", [".csv", ".parquet"])
def test_an_infinite_cell_keeps_its_row(tmp_path: Path, kind: str) -> None:
    """In a later block, by the line of the file or the row of the table."""
    frame = mixed()
    frame.loc[222, "a"] = np.inf
    path = tmp_path / f"t{kind}"
    size = (as_csv if kind == ".csv" else as_parquet)(frame, path, random.Random(4))
    where = "line 224" if kind == ".csv" else "row 223"
    with blocks_of(**size), pytest.raises(DataError, match=f"{where}, column 'a': infinite value"):
        crembo.compress(answers, path, rows=50, **FAST)


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_score_writes_block_by_block_what_it_writes_whole(
    tmp_path: Path, teacher: Path, suffix: str
) -> None:
    """A row group a block; the frame of the result is read from the file."""
    small_teachers.table(300).to_parquet(tmp_path / "t.parquet")
    whole = crembo.score(teacher, tmp_path / "t.parquet").frame
    with blocks_of(rows=40):
        out = tmp_path / f"out{suffix}"
        scores = crembo.score(teacher, tmp_path / "t.parquet", output=out)
        held = crembo.score(teacher, tmp_path / "t.parquet")
    pd.testing.assert_frame_equal(scores.frame, whole)
    pd.testing.assert_frame_equal(held.frame, whole)
    assert scores.info["rows"] == 300
    if suffix == ".parquet":
        assert pq.ParquetFile(out).num_row_groups == 8
    assert held.to_csv() == scores.to_csv()


def many(folder: Path) -> Path:
    """A folder of five parts for the small teacher."""
    folder.mkdir()
    frame = small_teachers.table(100)
    for number in range(5):
        part = frame[20 * number : 20 * number + 20]
        part.to_parquet(folder / f"p{number}.parquet", row_group_size=5, index=False)
    return folder


def test_a_part_that_is_damaged_ends_a_run_with_one_line_and_no_output(
    crembo: Crembo, tmp_path: Path, teacher: Path
) -> None:
    """Exit code 2; the line names part and row group, and no part of an output is left."""
    folder = many(tmp_path / "d")
    path = folder / "p3.parquet"
    content = bytearray(path.read_bytes())
    at = pq.ParquetFile(path).metadata.row_group(1).column(0).dictionary_page_offset
    content[at : at + 12] = b"\xff" * 12
    path.write_bytes(content)
    before = sorted(each.name for each in tmp_path.iterdir())
    for command in ("score", "compress"):
        with blocks_of(rows=10):
            done = crembo(
                command, teacher, folder, "-o", f"out{'.csv' if command == 'score' else '.onnx'}"
            )
        assert done.code == 2
        assert done.err.count("\n") == 1
        assert "d/p3.parquet, row group 2 of 4" in done.err
        assert sorted(each.name for each in tmp_path.iterdir()) == before


def test_a_part_with_other_columns_is_named(crembo: Crembo, tmp_path: Path, teacher: Path) -> None:
    """Before anything is queried."""
    folder = many(tmp_path / "d")
    small_teachers.table(20, 3).to_parquet(folder / "p2.parquet", index=False)
    with blocks_of(rows=10):
        done = crembo("score", teacher, folder, "-o", "out.parquet")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "d/p2.parquet: the parts of the table have different columns" in done.err
    assert not (tmp_path / "out.parquet").exists()


@pytest.mark.parametrize("name", ["out.csv", "out.parquet"])
def test_a_full_disk_while_score_writes_leaves_nothing(
    crembo: Crembo, tmp_path: Path, teacher: Path, name: str
) -> None:
    """Exit code 2, one line that names the output, and the old output is as it was."""
    small_teachers.table(20_000).to_parquet(tmp_path / "t.parquet")
    (tmp_path / name).write_text("old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))  # signals are ignored by Python
    try:
        with blocks_of(rows=1_000):
            done = crembo("score", teacher, "t.parquet", "-o", name)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert f"{name}: the output cannot be written; found File too large" in done.err
    assert (tmp_path / name).read_text() == "old"
    assert {each.name for each in tmp_path.iterdir()} == {"t.parquet", name}


def test_the_output_of_a_teacher_may_not_change_between_blocks(tmp_path: Path) -> None:
    """The first block fixes how it is read; a later row that does not fit is named."""

    def teacher(rows: pd.DataFrame) -> np.ndarray:
        p = np.where(rows["a"] == 77, 2.0, 0.5)
        return np.stack([p, 1 - p], axis=1)

    frame = pd.DataFrame({"a": [1.0] * 50})
    frame.loc[44, "a"] = 77
    frame.to_parquet(tmp_path / "t.parquet")
    with blocks_of(rows=10), pytest.raises(crembo.CremboError, match="row 45"):
        crembo.score(teacher, tmp_path / "t.parquet", output=tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()


def same_numbers(found: Any, expected: Any) -> None:
    """Both have the same parts; numbers differ by the last bits of a sum at most."""
    assert type(found) is type(expected)
    if is_dataclass(expected):
        found, expected = vars(found), vars(expected)
    if isinstance(expected, dict):
        assert found.keys() == expected.keys()
        found, expected = list(found.values()), list(expected.values())
    if isinstance(expected, list | tuple):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            same_numbers(one, other)
    elif isinstance(expected, float):
        assert found == pytest.approx(expected, rel=1e-12, abs=1e-12)
    else:
        assert found == expected


@pytest.mark.parametrize("with_teacher", [True, False])
def test_evaluate_measures_all_rows_of_a_table_in_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, with_teacher: bool
) -> None:
    """All metrics are those of the table read whole; what needs features is of drawn rows."""
    student = tmp_path / "s.onnx"
    as_parquet(mixed(), tmp_path / "train.parquet", random.Random(1))
    crembo.compress(answers, tmp_path / "train.parquet", output=student, **FAST)
    later = mixed(400)[150:]
    later["d"] = later["d"].where(later["a"] < 8, "new")
    path = tmp_path / "t.parquet"
    as_parquet(later, path, random.Random(2))
    options: dict[str, Any] = {"teacher": answers} if with_teacher else {}
    whole = crembo.evaluate(student, path, **options).report
    with blocks_of(rows=40):
        cut = crembo.evaluate(student, path, **options).report
        monkeypatch.setattr(limits, "HELD_ROWS", 100)
        drawn = crembo.evaluate(student, path, **options)
    for name in ("data", "metrics", "differences", "by_class", "robustness", "drift", "curves"):
        assert getattr(cut, name) == getattr(whole, name), name
    same_numbers(drawn.report.data, replace(whole.data, grouped_rows=100))
    for name in ("metrics", "by_class", "curves"):
        same_numbers(getattr(drawn.report, name), getattr(whole, name))
    for name, each in whole.differences.items():
        # The error of a difference of areas is estimated from the rows that are held.
        found = replace(drawn.report.differences[name], roc_auc=None)
        same_numbers(found, replace(each, roc_auc=None))
    same_numbers(drawn.report.robustness.bounds, whole.robustness.bounds)
    same_numbers(drawn.report.robustness.depth, whole.robustness.depth)
    assert drawn.report.robustness.margin is not None
    assert drawn.report.robustness.margin.rows == 100
    assert any("measured on 100 drawn rows" in each for each in drawn.notes)
