"""Calls and states of pandas and pyarrow: names of columns, and text."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from crembo_cli.teachers.pickles.guard.allowed_names import Name, look_up
from crembo_cli.teachers.pickles.guard.checks import PLAIN, require
from crembo_cli.teachers.pickles.guard.containers import Function

OFFSETS = {"string": np.int32, "utf8": np.int32, "large_string": np.int64}
INDEXES = (Name("pandas", "Index"), Name("pandas.core.indexes.base", "Index"))
RANGES = (Name("pandas", "RangeIndex"), Name("pandas.core.indexes.range", "RangeIndex"))
TEXT = Name("pandas.arrays", "ArrowStringArray")
BUFFERS = 3  # of an array of text: which cells are there, where they begin, their bytes


def _string_dtype(storage: Any = "python", missing: Any = None) -> Any:
    import pandas as pd

    known = type(storage) is str and storage in ("python", "pyarrow")
    require(known, "a pandas dtype with an unusual storage")
    is_nan = isinstance(missing, float) and math.isnan(missing)
    return pd.StringDtype(storage, na_value=np.nan if is_nan else pd.NA)


def _index(kind: Any, parts: Any) -> Any:
    """A pandas index of checked cells; as text, where the file has text of pyarrow."""
    import pandas as pd

    require(type(parts) is dict and type(parts.get("name")) in PLAIN, "an unusual index")
    if kind in RANGES:
        start, stop, step = (_whole(parts.get(key)) for key in ("start", "stop", "step"))
        return pd.RangeIndex(start, stop, step, name=parts["name"])
    data = parts.get("data")
    require(kind in INDEXES, f"an index of {kind}")
    if type(data) is np.ndarray:
        require(all(type(cell) in PLAIN for cell in data.ravel().tolist()), "an unusual index")
        return pd.Index(data, dtype=data.dtype, name=parts["name"])
    require(type(data).__name__ == TEXT.name, "an index of something else than cells")
    return pd.Index(data, name=parts["name"])


def _whole(value: Any) -> int:
    require(type(value) is int, "a bound that is not a whole number")
    return int(value)


def _arrow_type(alias: Any) -> Any:
    require(type(alias) is str and alias in OFFSETS, f"an array of {alias} of pyarrow")
    return alias


def _arrow_buffer(data: Any) -> bytes:
    require(type(data) in (bytes, bytearray), "a buffer of pyarrow that holds no bytes")
    return bytes(data)


def _arrow_array(parts: Any) -> Any:
    """Text of pyarrow, decoded here: pyarrow itself follows the file's offsets unchecked."""
    import pyarrow as pa

    unusual = "an array of pyarrow with unusual parts"
    require(type(parts) is tuple and len(parts) >= 5, unusual)
    alias, length, _, offset, buffers = parts[:5]
    require(type(alias) is str and alias in OFFSETS, unusual)
    require(all(type(each) is int and each >= 0 for each in (length, offset)), unusual)
    require(type(buffers) is list and len(buffers) == BUFFERS, unusual)
    require(all(type(each) in (bytes, type(None)) for each in buffers), unusual)
    valid, places, data = (each or b"" for each in buffers)
    ends = np.frombuffer(places, OFFSETS[alias])[offset : offset + length + 1].tolist()
    require(length == 0 or len(ends) == length + 1, "an array of pyarrow with too few offsets")
    inside = ends == sorted(ends) and not (ends and not 0 <= ends[0] <= ends[-1] <= len(data))
    require(inside, "an array of pyarrow whose offsets lead outside")
    bits = np.unpackbits(np.frombuffer(valid, np.uint8), bitorder="little")[offset:].tolist()
    require(not valid or len(bits) >= length, "an array of pyarrow with too few bits")
    cells = [
        data[ends[i] : ends[i + 1]].decode() if not valid or bits[i] else None
        for i in range(length)
    ]
    return pa.array(cells, type=getattr(pa, alias)())


def _set_text(array: Any, state: Any) -> None:
    import pandas as pd
    import pyarrow as pa

    require(type(state) is dict, "unusual text of pandas")
    cells, dtype = state.get("_pa_array", state.get("_data")), state.get("_dtype")
    require(isinstance(cells, (pa.Array, pa.ChunkedArray)), "text of pandas without its cells")
    require(dtype is None or isinstance(dtype, pd.StringDtype), "text of an unusual dtype")
    array.__dict__.update(vars(pd.array(cells.to_pylist(), dtype=dtype or "string[pyarrow]")))


CALLS: dict[Name, Function] = {
    Name("pandas", "StringDtype"): _string_dtype,
    Name("pandas.core.indexes.base", "_new_Index"): _index,
    Name("pyarrow.lib", "_restore_array"): _arrow_array,
    Name("pyarrow.lib", "py_buffer"): _arrow_buffer,
    Name("pyarrow.lib", "type_for_alias"): _arrow_type,
}
ARGUMENTS = {*INDEXES, *RANGES}
INSTANCES: dict[Name, Function] = {TEXT: lambda: object.__new__(look_up(TEXT))}
STATES: dict[str, Function] = {TEXT.name: _set_text}
