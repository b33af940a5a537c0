"""Tests of crembo_cli.teachers.process.wire."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from crembo_cli.teachers.process.wire import pack, receive, send, unpack

PLAIN = st.one_of(
    hnp.floating_dtypes(endianness="<"), hnp.integer_dtypes(endianness="<"), st.just(np.dtype("?"))
)


@given(
    arrays=st.lists(hnp.arrays(PLAIN, hnp.array_shapes(min_dims=1, max_dims=3, min_side=0))),
    words=st.dictionaries(st.text().filter(lambda key: key != "arrays"), st.text()),
)
def test_what_is_sent_is_received(arrays: list[np.ndarray], words: dict[str, str]) -> None:
    """Any header of text and any plain arrays arrive as they were sent."""
    stream = io.BytesIO()
    send(stream, words, arrays)
    stream.seek(0)
    received = receive(stream)
    assert received is not None
    header, got = received
    assert header == words
    assert len(got) == len(arrays)
    for one, other in zip(arrays, got, strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)


def test_a_message_may_follow_another() -> None:
    """Messages keep their order, and the end of the stream is None."""
    stream = io.BytesIO()
    send(stream, {"n": 1}, [np.arange(3)])
    send(stream, {"n": 2})
    stream.seek(0)
    assert [message[0]["n"] for message in iter(lambda: receive(stream), None)] == [1, 2]


def test_arrays_of_objects_are_refused() -> None:
    """A stranger's process cannot make the parent read pointers as objects."""
    text = b'{"arrays": [["|O", [1]]]}'
    stream = io.BytesIO(len(text).to_bytes(8, "little") + text + bytes(8))
    with pytest.raises(ValueError, match="invalid message: an array"):
        receive(stream)


def test_a_message_cut_short_is_an_error() -> None:
    """Half a message is not taken for a whole one."""
    stream = io.BytesIO()
    send(stream, {}, [np.arange(3)])
    with pytest.raises(ValueError, match="incomplete message"):
        receive(io.BytesIO(stream.getvalue()[:-1]))


def test_noise_is_not_taken_for_a_huge_message() -> None:
    """Eight bytes of text are no length: nothing is read or allocated for them."""
    with pytest.raises(ValueError, match="invalid message: a part"):
        receive(io.BytesIO(b"12345678 printed in between"))


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
