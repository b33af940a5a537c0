"""Tests of crembo_cli.dataset.encode."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crembo_cli.dataset.encode import NO_TEXT, learn_encoding
from crembo_cli.dataset.frames import table_in_memory
from crembo_cli.dataset.literals import MISSING
from crembo_cli.errors import DataError, DefectError
from crembo_cli.students.contract import Feature
from tests.dataset.conftest import table_of

NAN = float("nan")
FRAME = table_of(
    age=[20, 30, 40, 50],
    pay=[0.1, NAN, 2.5, -1.0],
    sex=[True, False, True, True],
    job=["clerk", "smith", None, "clerk"],
    town=["", "X", "Y", "NA"],
).frame
BELIEFS = np.array([[0.1, 0.9], [0.8, 0.2], [0.5, 0.5], [0.3, 0.7]], np.float32)
LEARNED = learn_encoding(FRAME, BELIEFS)


def test_the_features_have_their_categories() -> None:
    """Numbers have no categories, text has its own in order of belief, missing cells are told."""
    assert LEARNED.features == (
        Feature(name="age", kind="whole number"),
        Feature(name="pay", missing=True),
        Feature(name="sex", kind="boolean"),
        Feature(name="job", categories=("smith", "clerk"), missing=True, kind="text"),
        Feature(name="town", categories=("X", "Y", "NA"), missing=True, kind="text"),
    )


def test_encode_gives_numbers_codes_and_nan() -> None:
    """Numbers become float32, text its code, -1 unseen, NaN missing."""
    rows = LEARNED.encode(FRAME)
    assert rows.dtype == np.float32
    assert rows.flags.c_contiguous
    np.testing.assert_array_equal(
        rows,
        np.array(
            [
                [20, 0.1, 1, 1, NAN],
                [30, NAN, 0, 0, 0],
                [40, 2.5, 1, NAN, 1],
                [50, -1, 1, 1, 2],
            ],
            np.float32,
        ),
    )
    other = FRAME.assign(job=pd.Series(["nurse", "?", "NaN", "smith"], dtype=object))
    np.testing.assert_array_equal(LEARNED.encode(other)[:, 3], [-1, NAN, NAN, 0])


def test_a_category_is_not_a_missing_text() -> None:
    """In its own column; in all others the same text is a missing cell."""
    frame = pd.DataFrame({"a": ["NA", "x", "?"], "b": ["y", "z", None]}, dtype=object)
    learned = learn_encoding(frame, BELIEFS[:3])
    assert learned.missing_texts == MISSING
    other = pd.DataFrame({"a": ["NA", "x", "?"], "b": ["y", "NA", "?"]}, dtype=object)
    codes = learned.encode(other)
    assert np.isnan(codes).tolist() == [[False, False], [False, True], [False, True]]


def test_decode_restores_columns_and_dtypes() -> None:
    """Rows come back with the columns, dtypes and missing cells that were learned."""
    back = LEARNED.decode(LEARNED.encode(FRAME))
    expected = FRAME.assign(pay=FRAME["pay"].astype(np.float32).astype(np.float64))
    pd.testing.assert_frame_equal(back, expected)


def test_decode_rounds_integers_and_codes() -> None:
    """Integers and codes are rounded, booleans cut in the middle, int64 is not left."""
    rows = LEARNED.encode(FRAME)
    rows[0] = [20.6, 0.1, 0.4, 0.7, 1.2]
    rows[1, 0] = 2.0**63
    back = LEARNED.decode(rows)
    assert back.loc[0].tolist() == [21, np.float32(0.1), False, "clerk", "Y"]
    assert back["age"][1] == 2**63 - 1024


@pytest.mark.parametrize(
    ("column", "cell", "message"),
    [
        (3, -1, "a code of column 'job' has no category"),
        (3, 2, "a code of column 'job' has no category"),
        (0, NAN, "unexpected missing value in column 'age'"),
        (2, NAN, "unexpected missing value in column 'sex'"),
    ],
)
def test_decode_refuses_what_has_no_cell(column: int, cell: float, message: str) -> None:
    """A code without a category, and a missing cell where none can be, are defects."""
    rows = LEARNED.encode(FRAME)
    rows[0, column] = cell
    with pytest.raises(DefectError, match=message):
        LEARNED.decode(rows)


def test_encode_refuses_missing_columns_and_other_types() -> None:
    """A column that is not there, or of the other kind, is refused."""
    with pytest.raises(DataError, match="the table lacks a feature; wanted 'sex'"):
        LEARNED.encode(FRAME.drop(columns="sex"))
    with pytest.raises(DataError, match=r"column 'job': .*; found numbers; wanted text"):
        LEARNED.encode(FRAME.assign(job=1))
    text = pd.Series(["1"] * 4, dtype=object)
    with pytest.raises(DataError, match=r"column 'age': .*; found text; wanted numbers"):
        LEARNED.encode(FRAME.assign(age=text))


def test_a_text_column_may_be_missing_on_all_rows() -> None:
    """A column of text without any stays a column of text."""
    frame = pd.DataFrame({"a": pd.Series([None, None], dtype=object)})
    learned = learn_encoding(frame, BELIEFS[:2])
    assert learned.features == (
        Feature(name="a", categories=(NO_TEXT,), missing=True, kind="text"),
    )
    assert np.isnan(learned.encode(frame)).all()
    pd.testing.assert_frame_equal(learned.decode(learned.encode(frame)), frame)


@settings(deadline=None, max_examples=50)
@given(
    cells=st.lists(st.none() | st.text(max_size=3) | st.sampled_from(MISSING), min_size=1),
    classes=st.integers(2, 4),
)
def test_text_survives_a_round_trip(cells: list[str | None], classes: int) -> None:
    """Codes are 0 to k-1 and stand for the texts they came from; '' and None are both missing."""
    frame = pd.DataFrame({"a": pd.Series(cells, dtype=object)})
    beliefs = np.random.default_rng(0).dirichlet(np.ones(classes), len(cells)).astype(np.float32)
    learned = learn_encoding(frame, beliefs)
    codes = learned.encode(frame)[:, 0]
    texts = {cell for cell in cells if cell}
    assert set(codes[~np.isnan(codes)].tolist()) == set(range(len(texts)))
    assert np.isnan(codes).tolist() == [not cell for cell in cells]
    back = learned.decode(learned.encode(frame))["a"].tolist()
    absent = None if None in cells else ""
    assert back == [cell or absent for cell in cells]


def test_booleans_with_missing_cells_are_booleans() -> None:
    """Their frame has float64 numbers; the table knows which columns they are."""
    table = table_in_memory(pd.DataFrame({"paid": pd.array([True, None, False], "boolean")}))
    assert table.frame["paid"].dtype == np.float64
    beliefs = np.array([[1, 0], [0, 1], [1, 0]], np.float32)
    (feature,) = learn_encoding(table.frame, beliefs, booleans=table.booleans).features
    assert (feature.kind, feature.missing) == ("boolean", True)
