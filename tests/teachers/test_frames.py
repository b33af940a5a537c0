"""Frames over the wire."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from crembo_cli.teachers.process.wire import pack, unpack

CELLS = {
    "float64": st.floats(),
    "float32": st.floats(width=32),
    "int64": st.integers(-(2**63), 2**63 - 1),
    "bool": st.booleans(),
    "object": st.one_of(st.none(), st.text()),
}


@given(st.data(), st.lists(st.sampled_from(sorted(CELLS)), min_size=1, max_size=6))
def test_a_frame_arrives_as_it_was(data: st.DataObject, types: list[str]) -> None:
    """Columns of every type of a table come back in order, with their values and types."""
    rows = data.draw(st.integers(1, 5))
    columns = [
        np.array(data.draw(st.lists(CELLS[t], min_size=rows, max_size=rows)), dtype=t)
        for t in types
    ]
    frame = pd.DataFrame({f"c{i}": pd.Series(c, dtype=c.dtype) for i, c in enumerate(columns)})
    header, arrays = pack(frame)
    assert header["names"] == list(frame.columns)
    assert header["rows"] == rows
    for one, other in zip(columns, unpack(header, arrays), strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)


def test_columns_of_one_type_travel_as_one_array() -> None:
    """A wide table of numbers is one array, however many columns it has."""
    _, arrays = pack(pd.DataFrame(np.zeros((3, 500), dtype=np.float32)))
    assert [array.shape for array in arrays] == [(3, 500)]
