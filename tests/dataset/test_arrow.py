"""Tests of crembo_cli.dataset.arrow."""

from __future__ import annotations

import datetime
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from crembo_cli.dataset.arrow import to_frame
from crembo_cli.errors import DataError

NAN = float("nan")
F16 = [np.float16(1.5), None, np.float16(-2)]
KINDS = {
    "int8": (pa.int8(), [1, 2, 3], "int64", [1, 2, 3]),
    "int32_holes": (pa.int32(), [1, None, 3], "float64", [1, NAN, 3]),
    "int64": (pa.int64(), [2**62 + 1, 0, -1], "int64", [2**62 + 1, 0, -1]),
    "uint64": (pa.uint64(), [1, 2, 2**63 - 1], "int64", [1, 2, 2**63 - 1]),
    "uint64_beyond": (pa.uint64(), [1, None, 2**64 - 1], "float64", [1, NAN, 2.0**64]),
    "bool": (pa.bool_(), [True, False, True], "bool", [True, False, True]),
    "bool_holes": (pa.bool_(), [True, False, None], "float64", [1, 0, NAN]),
    "float16": (pa.float16(), F16, "float32", [1.5, NAN, -2]),
    "float32": (pa.float32(), [0.1, None, 2], "float32", np.float32([0.1, NAN, 2])),
    "float64": (pa.float64(), [0.1, None, NAN], "float64", [0.1, NAN, NAN]),
    "decimal": (pa.decimal128(5, 2), [Decimal("1.25"), None, 3], "float64", [1.25, NAN, 3]),
    "null": (pa.null(), [None] * 3, "float64", [NAN] * 3),
    "string": (pa.string(), ["a", None, ""], "object", ["a", None, ""]),
    "large_string": (pa.large_string(), ["a", "b", "a"], "object", ["a", "b", "a"]),
    "string_view": (pa.string_view(), ["a", None, "a"], "object", ["a", None, "a"]),
    "text_none": (pa.string(), [None] * 3, "object", [None] * 3),
    "categories": (
        pa.dictionary(pa.int8(), pa.string()),
        ["b", None, "a"],
        "object",
        ["b", None, "a"],
    ),
    "numbered": (pa.dictionary(pa.int8(), pa.int32()), [7, None, 8], "float64", [7, NAN, 8]),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("cut", [0, 2, 3])
def test_arrow_types_become_numpy_dtypes(kind: str, cut: int) -> None:
    """Each type of number and text becomes its kind of column, in one chunk or in several."""
    type_, cells, dtype, expected = KINDS[kind]
    chunks = [pa.array(part, type_) for part in (cells[:cut], cells[cut:])]
    frame, unusable = to_frame({"a": pa.chunked_array(chunks, type_)}, "data.parquet")
    assert not unusable
    assert str(frame["a"].dtype) == dtype
    np.testing.assert_array_equal(frame["a"].to_numpy(), expected)


@pytest.mark.parametrize(
    ("cells", "type_"),
    [
        ([datetime.date(2020, 1, 1)], "date32[day]"),
        ([datetime.datetime(2020, 1, 1, 10)], "timestamp[us]"),
        ([[1, 2]], "list<item: int64>"),
        ([b"x"], "binary"),
        ([{"x": 1}], "struct<x: int64>"),
    ],
)
def test_other_types_are_unusable(cells: list[object], type_: str) -> None:
    """Dates, lists and bytes are left out by name and type; the other columns stay."""
    columns = {"a": pa.chunked_array([pa.array(cells)]), "b": pa.chunked_array([[1]])}
    frame, unusable = to_frame(columns, "data.parquet")
    assert unusable == {"a": type_}
    assert frame["b"].tolist() == [1]
    assert not columns


def test_invalid_utf8_is_refused() -> None:
    """Text that is not UTF-8 is refused, with its column."""
    forged = pa.array([b"\xff\xfe"]).view(pa.string())
    with pytest.raises(DataError, match=r"data\.parquet, column 'a': invalid text encoding"):
        to_frame({"a": pa.chunked_array([forged])}, "data.parquet")


def test_equal_texts_share_one_object() -> None:
    """A text that occurs often is in memory once."""
    frame, _ = to_frame({"a": pa.chunked_array([["long text"] * 3, ["long text"]])}, "d")
    assert len({id(text) for text in frame["a"]}) == 1
