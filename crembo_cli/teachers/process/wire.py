"""The format of messages between crembo and the child process that runs a model.

A message is eight bytes (the length of the header, little endian), a header in JSON, and the raw
bytes of the arrays that the header lists under "arrays". It is not a pickle, because a pickle can
run code, and a hostile model file may control the child process.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd


Array = NDArray[Any]
Message = tuple[dict[str, Any], list[Array]]

LARGEST = 2**32  # maximum bytes of a header or an array
PLAIN_KINDS = "biuf"  # numpy's codes for bool, signed, unsigned and floating


def send(stream: IO[bytes], header: Mapping[str, Any], arrays: Sequence[Array] = ()) -> None:
    """Write one message; the arrays hold numbers and have any shape.

    Raises:
        OSError: the other process has ended.
    """
    listed = [[array.dtype.str, list(array.shape)] for array in arrays]
    text = json.dumps({**header, "arrays": listed}).encode()
    stream.write(len(text).to_bytes(8, "little") + text)
    for array in arrays:
        stream.write(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
    stream.flush()


def receive(stream: IO[bytes]) -> Message | None:
    """Read one message; None if the other process has ended.

    Raises:
        ValueError: the bytes are not a message.
    """
    prefix = stream.read(8)
    if len(prefix) < 8:
        return None
    header = json.loads(_read_bytes(stream, int.from_bytes(prefix, "little")))
    return header, [_array(stream, *listed) for listed in header.pop("arrays")]


def _array(stream: IO[bytes], type_: str, shape: list[int]) -> Array:
    dtype = np.dtype(type_)
    if dtype.kind not in PLAIN_KINDS:
        raise ValueError(f"invalid message: an array of {dtype}")
    data = bytearray(_read_bytes(stream, math.prod(shape) * dtype.itemsize))
    return np.frombuffer(data, dtype).reshape(shape)


def _read_bytes(stream: IO[bytes], count: int) -> bytes:
    if count > LARGEST:
        raise ValueError(f"invalid message: a part of {count} bytes")
    data = stream.read(count)
    if len(data) < count:
        raise ValueError("incomplete message")
    return data


def pack(frame: pd.DataFrame) -> tuple[dict[str, Any], list[Array]]:
    """Return `frame`, without its index, as a header and arrays."""
    groups: dict[str, list[int]] = {}
    for position, dtype in enumerate(frame.dtypes):
        groups.setdefault(str(dtype), []).append(position)
    texts: dict[int, list[str | None]] = {}
    blocks: list[list[int]] = []
    arrays: list[Array] = []
    for positions in groups.values():
        block = frame.iloc[:, positions].to_numpy()
        if block.dtype == object:
            texts |= {place: block[:, i].tolist() for i, place in enumerate(positions)}
        else:
            blocks.append(positions)
            arrays.append(block)
    header = {
        "rows": len(frame),
        "names": list(frame.columns),
        "blocks": blocks,
        "texts": [[place, cells] for place, cells in texts.items()],
    }
    return header, arrays


def unpack(header: Mapping[str, Any], arrays: Sequence[Array]) -> list[Array]:
    """Return the columns of a packed frame in order; text as objects, with None if missing."""
    columns: list[Array] = [np.empty(0)] * len(header["names"])
    for positions, block in zip(header["blocks"], arrays, strict=True):
        for i, place in enumerate(positions):
            columns[place] = block[:, i]
    for place, cells in header["texts"]:
        columns[place] = np.array(cells, dtype=object)
    return columns
