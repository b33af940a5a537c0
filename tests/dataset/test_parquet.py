"""Tests of crembo_cli.dataset.parquet."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crembo_cli.dataset.read import read_table
from crembo_cli.errors import DataError

PART = {"a": pa.array([1, 2]), "b": pa.array(["x", None])}


def stored(path: Path, columns: dict[str, pa.Array] | pa.Table, **options: int) -> Path:
    """Write columns as a Parquet file."""
    path.parent.mkdir(exist_ok=True)
    pq.write_table(pa.table(columns) if isinstance(columns, dict) else columns, path, **options)
    return path


def test_row_groups_are_concatenated(tmp_path: Path) -> None:
    """A file in many row groups is read in order; cells are placed by row, from 1."""
    path = stored(tmp_path / "data.parquet", {"a": pa.array(range(100))}, row_group_size=7)
    table = read_table(path)
    assert table.frame["a"].tolist() == list(range(100))
    assert table.where(16, "a") == "data.parquet, row 17, column 'a'"
    assert table.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_names_may_contain_dots(tmp_path: Path) -> None:
    """Columns are read by their whole names, dots and nested ones beside them or not."""
    columns = {
        "a": pa.array([1]),
        "a.b": pa.array([2]),
        "c": pa.array([{"d": 3}]),
        "d": PART["a"][:1],
    }
    table = read_table(stored(tmp_path / "data.parquet", columns))
    assert table.frame.to_dict("list") == {"a": [1], "a.b": [2], "d": [1]}
    assert table.unusable == {"c": "struct<d: int64>"}


def test_a_file_may_have_many_columns(tmp_path: Path) -> None:
    """Columns that are read share by share come back in their order."""
    columns = {f"f{i}": pa.array([i]) for i in range(100)}
    table = read_table(stored(tmp_path / "data.parquet", columns))
    assert table.frame.loc[0].tolist() == list(range(100))


def test_the_parts_of_a_folder_are_concatenated(tmp_path: Path) -> None:
    """A folder's parts are read by name, one below the other; markers are passed over."""
    folder = tmp_path / "parts"
    for number in (10, 2, 1):
        stored(folder / f"part-{number:03}.parquet", {"a": pa.array([number])})
    (folder / "_SUCCESS").touch()
    (folder / ".part.crc").touch()
    table = read_table(folder)
    assert table.name == "parts"
    assert table.frame["a"].tolist() == [1, 2, 10]
    assert len(table.frame.index) == 3
    parts = sorted(folder.glob("*.parquet"))
    whole = b"".join(part.read_bytes() for part in parts)
    assert table.sha256 == hashlib.sha256(whole).hexdigest()


@pytest.mark.parametrize(
    ("second", "message"),
    [
        (
            {"a": pa.array([1.5]), "b": pa.array(["x"])},
            "found a double; wanted a int64 as column 1",
        ),
        ({"b": pa.array(["x"]), "a": pa.array([1])}, "found b string; wanted a int64 as column 1"),
        ({"a": pa.array([1])}, "found 1 columns; wanted b string as column 2"),
        ({**PART, "c": PART["a"]}, "found c int64; wanted 2 columns as column 3"),
    ],
)
def test_parts_with_different_columns_are_refused(
    tmp_path: Path, second: dict[str, pa.Array], message: str
) -> None:
    """Parts with other columns, types or order are refused, with the first difference."""
    stored(tmp_path / "d" / "1.parquet", PART)
    stored(tmp_path / "d" / "2.parquet", second)
    with pytest.raises(
        DataError, match=r"d/2\.parquet: the parts of the table have different"
    ) as error:
        read_table(tmp_path / "d")
    assert message in str(error.value)
    assert "as in d/1.parquet" in str(error.value)


def test_parts_may_differ_in_nullability(tmp_path: Path) -> None:
    """Parts that differ only in whether cells may be missing are one table."""
    required = pa.schema([pa.field("a", pa.int64(), nullable=False)])
    stored(tmp_path / "d" / "1.parquet", pa.table({"a": [1]}, schema=required))
    stored(tmp_path / "d" / "2.parquet", {"a": pa.array([2])})
    assert read_table(tmp_path / "d").frame["a"].tolist() == [1, 2]


def test_a_nameless_index_is_left_out(tmp_path: Path) -> None:
    """A nameless index that pandas stored is no column; a named one is."""
    frame = pd.DataFrame({"a": [1, 2]}, index=[5, 7])
    frame.to_parquet(tmp_path / "nameless.parquet")
    assert list(read_table(tmp_path / "nameless.parquet").frame) == ["a"]
    frame.rename_axis("id").to_parquet(tmp_path / "named.parquet")
    assert set(read_table(tmp_path / "named.parquet").frame) == {"a", "id"}


def test_a_folder_name_adds_no_column(tmp_path: Path) -> None:
    """A folder named like a partition adds no column."""
    path = stored(tmp_path / "year=2020" / "data.parquet", {"a": pa.array([1])})
    assert list(read_table(path).frame) == ["a"]


def test_invalid_files_and_folders_are_refused(tmp_path: Path) -> None:
    """Damaged files, no rows, repeated names and folders that are no table are refused."""
    whole = stored(tmp_path / "whole.parquet", PART).read_bytes()
    twice = pa.table([PART["a"], PART["a"]], names=["a", "a"])
    cut, text, empty = (tmp_path / f"{name}.parquet" for name in ("cut", "text", "empty"))
    cut.write_bytes(whole[: len(whole) // 2])
    text.write_text("a,b\n1,2\n")
    empty.touch()
    stored(tmp_path / "none.parquet", {"a": pa.array([], pa.int64())})
    stored(tmp_path / "twice.parquet", twice)
    stored(tmp_path / "nested" / "1.parquet", PART)
    (tmp_path / "nested" / "deep").mkdir()
    stored(tmp_path / "other" / "1.parquet", PART)
    (tmp_path / "other" / "notes.txt").touch()
    (tmp_path / "bare").mkdir()
    for name, message in {
        "cut.parquet": r"cut\.parquet: invalid or incomplete Parquet file",
        "text.parquet": r"text\.parquet: invalid or incomplete Parquet file",
        "empty.parquet": r"empty\.parquet: invalid or incomplete Parquet file",
        "none.parquet": r"none\.parquet: the table is empty; found 1 columns and no row",
        "twice.parquet": r"twice\.parquet: duplicate column name; found 'a'",
        "nested": "invalid table folder; found 'deep' in it",
        "other": "invalid table folder; found 'notes.txt' in it",
        "bare": "invalid table folder; found nothing in it",
    }.items():
        with pytest.raises(DataError, match=message):
            read_table(tmp_path / name)
