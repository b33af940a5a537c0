"""A table in blocks is the table: the same cells, types and places, wherever it is cut."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crembo_cli.dataset import blocks as cut
from crembo_cli.dataset.blocks import Blocks
from crembo_cli.dataset.csv import read as csv_read
from crembo_cli.dataset.csv.blocks import last_record
from crembo_cli.dataset.labels import read_labels
from crembo_cli.dataset.read import read_blocks, read_table
from crembo_cli.errors import DataError
from tests.dataset.conftest import Write

ROWS = 60
TEXT_ROWS = 30  # of the tables that hypothesis makes


@contextmanager
def blocks_of(*, rows: int = 1 << 17, size: int = 1 << 25) -> Iterator[None]:
    """Read tables in blocks of so many rows, or of so many bytes of text."""
    with (
        patch.object(cut, "BLOCK_ROWS", rows),
        patch.object(cut, "BLOCK_CELLS", 1 << 30),
        patch.object(cut, "FEWEST_ROWS", 1),
        patch("crembo_cli.dataset.csv.blocks.BLOCK_BYTES", size),
        patch.object(csv_read, "BLOCK_BYTES", size),
    ):
        yield


def check_same(blocks: Blocks, whole: Blocks) -> None:
    """Check that both are the same table."""
    assert not blocks.whole
    assert whole.whole
    assert blocks.rows == whole.rows
    found, wanted = blocks.to_table(), whole.head
    pd.testing.assert_frame_equal(found.frame, wanted.frame)
    for name in ("name", "sha256", "first_line", "unusable", "question_marks", "unclear_commas"):
        assert getattr(found, name) == getattr(wanted, name), name
    assert found.booleans == wanted.booleans
    parts = list(blocks.generate())
    assert len(parts) > 1
    for block in parts:
        assert block.frame.index[0] == block.first_row
        assert block.where(0, "a") == wanted.where(block.first_row, "a")
        assert list(block.frame.dtypes) == list(wanted.frame.dtypes)


def mixed() -> dict[str, pa.Array]:
    """Columns whose kind only the last rows tell."""
    late = [None if i in (41, 55) else i for i in range(ROWS)]
    return {
        "whole": pa.array(range(ROWS)),
        "late_missing": pa.array(late),
        "beyond": pa.array([2**63 + 5 if i == 50 else i for i in range(ROWS)], pa.uint64()),
        "yes": pa.array([None if i == 59 else i % 3 == 0 for i in range(ROWS)]),
        "small": pa.array(np.arange(ROWS) / 4, pa.float32()),
        "text": pa.array([None if i % 7 == 6 else f"t{i % 4}" for i in range(ROWS)]),
        "none": pa.array([None] * ROWS),
        "day": pa.array([0] * ROWS, pa.date32()),
        "a": pa.array(["x", "y"] * (ROWS // 2)).dictionary_encode(),
    }


@pytest.mark.parametrize("seed", range(6))
def test_row_groups_and_parts_do_not_change_a_table(tmp_path: Path, seed: int) -> None:
    """Whole numbers with a missing cell in the last part are one column of numbers."""
    rng = random.Random(seed)
    table = pa.table(mixed())
    whole = tmp_path / "t.parquet"
    pq.write_table(table, whole)
    folder = tmp_path / "one" / "t.parquet"
    folder.parent.mkdir()
    pq.write_table(table, folder, row_group_size=rng.randrange(1, 20))
    with blocks_of(rows=rng.randrange(1, 29)):
        found = read_blocks(folder)
    wanted = read_blocks(whole)
    check_same(replace(found, head=replace(found.head, sha256=wanted.head.sha256)), wanted)
    parts = tmp_path / "parts"
    parts.mkdir()
    at = 0
    while at < ROWS:
        some = rng.randrange(1, 30)
        pq.write_table(table.slice(at, some), parts / f"{at:03}.parquet")
        at += some
    wanted = read_blocks(parts)
    with blocks_of(rows=rng.randrange(1, 29)):
        check_same(read_blocks(parts), wanted)


CELLS = {
    "ints": "12 0 -7",
    "late": "1 2",  # and text in the last rows
    "codes": "5 17",  # and 007
    "days": "2020-01-05",
    "floats": "1.5 2 3e5",
    "bools": "true false",
    "sparse": "NA 4",
    "marks": "? a b",
    "quoted": '"a,b" "new\nline" "say ""x"""',
    "empty": "NA",
    "half": "true false",  # and 1 in the last rows
    "huge": "12 99999999999999999999",
}
LAST = {"late": "word", "codes": "007", "half": "1"}


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**31), st.integers(60, 400), st.booleans(), st.sampled_from(["\n", "\r\n"]))
def test_blocks_of_text_do_not_change_a_table(
    seed: int, size: int, quotes: bool, newline: str
) -> None:
    """Integers in one block and text in another are one column of text, and so on."""
    rng = random.Random(seed)
    names = [name for name in CELLS if quotes or name != "quoted"]
    rng.shuffle(names)
    choices = {name: CELLS[name].split(" ") for name in names}
    if quotes:
        choices["quoted"] = ['"a,b"', '"new\nline"', '"say ""x"""']
    lines = [",".join(["a", *names])]
    for row in range(TEXT_ROWS):
        last = row == TEXT_ROWS - 1 - seed % 3
        cells = [LAST[n] if last and n in LAST else rng.choice(choices[n]) for n in names]
        lines.append(",".join([str(row), *cells]))
    check_text((newline.join(lines) + newline).encode(), size)


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**31), st.integers(40, 200))
def test_blocks_of_text_do_not_change_decimal_commas(seed: int, size: int) -> None:
    """A column is of decimal commas if it is so in all blocks, and unclear likewise."""
    rng = random.Random(seed)
    kinds = {"a": "1 2", "b": "1,5 2", "c": "1,234 5", "d": "1,234 5 1,5", "e": "1,5 x", "f": "007"}
    lines = [";".join(kinds)]
    for _ in range(TEXT_ROWS):
        lines.append(";".join(rng.choice(kind.split(" ")) for kind in kinds.values()))
    check_text("\n".join(lines).encode(), size)


def check_text(content: bytes, size: int) -> None:
    """Check that a file read in blocks of `size` bytes is the file read whole."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.csv"
        path.write_bytes(content)
        with blocks_of(size=size):
            check_same(read_blocks(path), read_blocks_whole(path))


def read_blocks_whole(path: Path) -> Blocks:
    """Read a file as one block."""
    with patch.object(csv_read, "BLOCK_BYTES", 1 << 25):
        return read_blocks(path)


def test_both_commas_and_points_are_an_error_in_any_block(write: Write) -> None:
    """The message names a column of each."""
    path = write("a;b\n" + "1,5;2\n" * 40 + "2,5;1.5\n")
    with (
        blocks_of(size=60),
        pytest.raises(DataError, match=r"commas in column 'a', points in .*'b'"),
    ):
        read_blocks(path)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"1", "line 42: a row is shorter"),
        (b"1,2,3", "line 42: a row is longer"),
        (b"1,\xff", "line 42: invalid text encoding"),
        (b'1,"x', "line 42: invalid quote"),
    ],
)
def test_faults_in_a_later_block_keep_their_line(write: Write, line: bytes, message: str) -> None:
    """Lines are counted from the start of the file."""
    path = write(b"a,b\n" + b"1,2\n" * 40 + line + b"\n" + b"1,2\n" * 40)
    with blocks_of(size=50), pytest.raises(DataError, match=message):
        read_blocks(path)


@pytest.mark.parametrize("quoted", [False, True])
def test_a_block_ends_behind_a_whole_record(quoted: bool) -> None:
    """A newline in quotes ends none; 0 where no record ends."""
    assert last_record(b"1,2\n3,", b"\n", quoted) == 4
    assert last_record(b"1,2", b"\n", quoted) == 0
    text = b'1,2\n"3\n4'
    assert last_record(text, b"\n", quoted) == (4 if quoted else 7)


def test_standard_input_is_read_in_blocks_from_its_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    """It can be read once; the blocks can be generated any number of times."""
    import io

    class Stdin:
        buffer = io.BytesIO(b"a\n" + b"1\n2\n" * 30)

    monkeypatch.setattr("sys.stdin", Stdin)
    with blocks_of(size=10):
        blocks = read_blocks("-")
        assert [len(list(blocks.generate())) for _ in range(2)] == [12, 12]
        assert blocks.to_table().frame["a"].sum() == 90


def test_the_head_has_the_values_of_the_columns_with_few(tmp_path: Path) -> None:
    """Labels are recognised by them; each column has its dtype."""
    pq.write_table(pa.table(mixed()), tmp_path / "t.parquet", row_group_size=7)
    with blocks_of(rows=7):
        head = read_blocks(tmp_path / "t.parquet").head
    assert set(head.frame["text"].dropna()) == {"t0", "t1", "t2", "t3"}
    assert head.frame["text"].isna().any()
    assert head.frame["late_missing"].dtype == np.float64
    assert len(head.frame) == ROWS  # of the column with most


def test_labels_are_numbered_as_they_occur_in_any_block(tmp_path: Path) -> None:
    """In a byte a row, with -1 for a missing one."""
    labels = ["b", "b", "a", None, "c", "b", "a", "d"]
    pq.write_table(pa.table({"y": labels}), tmp_path / "t.parquet", row_group_size=3)
    for rows in (2, 3, 100):
        with blocks_of(rows=rows):
            codes, values = read_labels(read_blocks(tmp_path / "t.parquet"), "y")
        assert values == ["b", "a", "c", "d"]
        assert codes.tolist() == [0, 0, 1, -1, 2, 0, 1, 3]
        assert codes.dtype == np.int8


def parts(folder: Path, count: int = 5) -> Path:
    """A folder of parts of 20 rows in groups of 5."""
    folder.mkdir()
    for number in range(count):
        table = pa.table({"a": np.arange(20) + 20 * number, "b": np.arange(20.0)})
        pq.write_table(table, folder / f"p{number}.parquet", row_group_size=5)
    return folder


def test_parts_that_change_underneath_are_an_error(tmp_path: Path) -> None:
    """Between two passes, or within one: the message names the part."""
    folder = parts(tmp_path / "d")
    with blocks_of(rows=10):
        blocks = read_blocks(folder)
        (folder / "p3.parquet").write_bytes((folder / "p0.parquet").read_bytes())
        with pytest.raises(DataError, match=r"d/p3\.parquet: the file changed while it was read"):
            list(blocks.generate())
        blocks = read_blocks(folder)
        generated = blocks.generate()
        next(generated)
        (folder / "p4.parquet").unlink()
        with pytest.raises(DataError, match=r"d/p4\.parquet: cannot read the file; found No such"):
            list(generated)


def test_a_damaged_row_group_is_named(tmp_path: Path) -> None:
    """By part and number; the footer of such a file is whole."""
    folder = parts(tmp_path / "d")
    path = folder / "p2.parquet"
    content = bytearray(path.read_bytes())
    at = pq.ParquetFile(path).metadata.row_group(2).column(0).dictionary_page_offset
    content[at : at + 12] = b"\xff" * 12
    path.write_bytes(content)
    with blocks_of(rows=10), pytest.raises(DataError, match=r"d/p2\.parquet, row group 3 of 4: "):
        read_blocks(folder)


def test_a_truncated_part_in_the_middle_is_named(tmp_path: Path) -> None:
    """It has no footer."""
    folder = parts(tmp_path / "d")
    path = folder / "p2.parquet"
    path.write_bytes(path.read_bytes()[:-20])
    with (
        blocks_of(rows=10),
        pytest.raises(DataError, match=r"d/p2\.parquet: invalid or incomplete"),
    ):
        read_blocks(folder)


def test_wide_tables_have_shorter_blocks() -> None:
    """A block has so many cells at most."""
    assert cut.block_rows(20) == 1 << 17
    assert cut.block_rows(1 << 10) == 1 << 13
    assert cut.block_rows(1 << 20) == 1 << 10


def test_a_table_of_two_blocks_is_read_whole(tmp_path: Path) -> None:
    """As it always was."""
    pq.write_table(pa.table({"a": range(20)}), tmp_path / "t.parquet")
    with blocks_of(rows=10):
        assert read_blocks(tmp_path / "t.parquet").whole
    assert read_table(tmp_path / "t.parquet").frame["a"].sum() == 190


def test_lists_in_blocks_are_columns_of_one_length(tmp_path: Path) -> None:
    """A longer list in a later block keeps its row; a block has fewer rows the longer they are."""
    path = tmp_path / "t.parquet"
    lists = [[float(i), i + 0.5] for i in range(30)]
    pq.write_table(pa.table({"v": lists}), path, row_group_size=4)
    whole = read_blocks(path)
    with blocks_of(rows=8), patch.object(cut, "BLOCK_CELLS", 12):
        blocks = read_blocks(path)
        assert max(len(block.frame) for block in blocks.generate()) == 6
    pd.testing.assert_frame_equal(blocks.to_table().frame, whole.head.frame)
    assert blocks.head.lists == {"v": ("v[0]", "v[1]")}
    pq.write_table(pa.table({"v": [*lists[:24], *[[1.0, 2.0, 3.0]] * 6]}), path, row_group_size=4)
    with blocks_of(rows=4), pytest.raises(DataError, match=r"row 25, column 'v': the lists.*3 num"):
        read_blocks(path)
