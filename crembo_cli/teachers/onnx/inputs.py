"""The inputs of an ONNX model: how a table's columns feed them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from crembo_cli.errors import TeacherError
from crembo_cli.teachers.contract import ModelInput
from crembo_cli.teachers.process.wire import Array

if TYPE_CHECKING:
    import pandas as pd


DTYPES: dict[str, type[np.generic]] = {
    "float": np.float32,
    "double": np.float64,
    "float16": np.float16,
    "int64": np.int64,
    "int32": np.int32,
    "int16": np.int16,
    "int8": np.int8,
    "uint64": np.uint64,
    "uint32": np.uint32,
    "uint16": np.uint16,
    "uint8": np.uint8,
    "bool": np.bool_,
}


def spread(inputs: Sequence[ModelInput], features: int) -> tuple[ModelInput, ...]:
    """The inputs with the width of an open one settled for a table of `features` columns.

    Raises:
        TeacherError: the inputs take another number of features.
    """
    taken = sum(each.width for each in inputs)
    if taken != features and all(each.width for each in inputs):
        raise TeacherError(
            "the table has another number of features than the teacher takes",
            found=f"{features} features",
            wanted=f"{taken}",
            hint="choose columns with --features or --drop",
        )
    return tuple(replace(each, width=each.width or features) for each in inputs)


def pack_feeds(
    frame: pd.DataFrame, inputs: Sequence[ModelInput]
) -> tuple[dict[str, Any], list[Array]]:
    """What each input takes of `frame`, (n, width), as a header and arrays for the wire.

    Features are consumed in the order of the inputs, whose widths are settled. Missing text
    goes as '', a missing number as NaN.

    Raises:
        TeacherError: a cell that the input's type cannot hold, named by row and column.
    """
    feeds: list[dict[str, Any]] = []
    arrays: list[Array] = []
    start = 0
    for each in inputs:
        part = frame.iloc[:, start : start + each.width]
        start += each.width
        if each.type == "string":
            columns = [_texts(part, i) for i in range(each.width)]
            cells = [text for row in zip(*columns, strict=True) for text in row]
            feeds.append({"name": each.name, "texts": cells})
        else:
            feeds.append({"name": each.name, "array": len(arrays)})
            arrays.append(_numbers(part, each.type))
    return {"rows": len(frame), "feeds": feeds}, arrays


def _numbers(part: pd.DataFrame, type_: str) -> Array:
    dtype = np.dtype(DTYPES[type_])
    for i, each in enumerate(part.dtypes):
        if each.kind not in "biuf":
            cells = part.iloc[:, i]
            first = int(cells.notna().to_numpy().argmax())
            raise _cell(part, first, i, repr(cells.iloc[first]), f"a number ({type_})")
    values = np.column_stack([part.iloc[:, i].to_numpy() for i in range(part.shape[1])])
    if dtype.kind == "f":
        with np.errstate(over="ignore"):
            cast = values.astype(dtype)
        _refuse(part, np.isinf(cast) & np.isfinite(values), type_)
        return cast
    with np.errstate(invalid="ignore"):  # NaN and numbers out of range: refused in a moment
        cast = values.astype(dtype)
    _refuse(part, cast != values, "0 or 1 (bool)" if type_ == "bool" else f"a whole {type_}")
    return cast


def _texts(part: pd.DataFrame, i: int) -> list[str]:
    """A column as a model trained on text knows it: 2, 2.0 and '2' are all '2'."""
    cells = part.iloc[:, i]
    missing = cells.isna().to_numpy()
    if cells.dtype.kind == "f":
        whole = (cells == cells.round()).to_numpy() | missing
        if not whole.all():
            row = int(whole.argmin())
            raise _cell(part, row, i, str(cells.iloc[row]), "text, or a whole number")
        return ["" if gone else str(int(x)) for x, gone in zip(cells, missing, strict=True)]
    return ["" if gone else str(x) for x, gone in zip(cells, missing, strict=True)]


def _refuse(part: pd.DataFrame, broken: Array, wanted: str) -> None:
    if broken.any():
        row, i = (int(place) for place in np.argwhere(broken)[0])
        missing = bool(part.iloc[:, i].isna().iloc[row])
        found = "a missing cell" if missing else str(part.iloc[row, i])
        raise _cell(part, row, i, found, wanted)


def _cell(part: pd.DataFrame, row: int, i: int, found: str, wanted: str) -> TeacherError:
    return TeacherError(
        "a cell does not fit the teacher's input",
        where=f"row {part.index[row]}, column {part.columns[i]!r}",
        found=found,
        wanted=wanted,
    )


Feeds = list[dict[str, Array]]  # one for each run of the session


def understand(node: Any) -> ModelInput:
    """One of a session's inputs, as columns can feed it.

    Raises:
        TeacherError: its type or its open sizes leave that impossible.
    """
    type_ = node.type.removeprefix("tensor(").removesuffix(")")
    shape = tuple(node.shape or ())
    inner = shape[1:]
    open_ends = [size for size in inner if not isinstance(size, int)]
    if (type_ not in DTYPES and type_ != "string") or not shape or len(open_ends) > 1:
        raise TeacherError(
            f"the teacher's input {node.name!r} cannot be fed from columns",
            found=f"{node.type} of shape {list(shape)}",
            wanted="a tensor of numbers, bool or string with a batch and at most one open size",
        )
    width = 0 if open_ends else math.prod(int(size) for size in inner)
    return ModelInput(name=node.name, type=type_, shape=shape, width=width)


def fixed_batch(inputs: Sequence[ModelInput]) -> int | None:
    """How many rows the model takes at a time; None where it takes any number.

    Raises:
        TeacherError: the inputs disagree, or it is open how features spread over them.
    """
    sizes = {each.shape[0] for each in inputs if isinstance(each.shape[0], int)}
    if len(sizes) > 1 or (len(inputs) > 1 and not all(each.width for each in inputs)):
        raise TeacherError(
            "the teacher's inputs cannot be fed from columns",
            found=", ".join(f"{each.name!r} of shape {list(each.shape)}" for each in inputs),
            wanted="one batch size, and known sizes where there are several inputs",
        )
    return next((int(size) for size in sizes if isinstance(size, int)), None)


def fill(inputs: Sequence[ModelInput], header: Mapping[str, Any], arrays: Sequence[Array]) -> Feeds:
    """A message's feeds in the model's shapes, cut into its batches where those are fixed.

    The last fixed batch is filled up by repeating its last row.
    """
    count = header["rows"]
    whole: dict[str, Array] = {}
    for each, feed in zip(inputs, header["feeds"], strict=True):
        cells = arrays[feed["array"]] if "array" in feed else np.array(feed["texts"], object)
        tail = [size if isinstance(size, int) else -1 for size in each.shape[1:]]
        whole[each.name] = cells.reshape([count, *tail])
    batch = fixed_batch(inputs)
    if batch is None:
        return [whole]
    return [
        {name: _filled(cells[start : start + batch], batch) for name, cells in whole.items()}
        for start in range(0, count, batch)
    ]


def _filled(cells: Array, batch: int) -> Array:
    lacking = batch - len(cells)
    return np.concatenate([cells, np.repeat(cells[-1:], lacking, axis=0)]) if lacking else cells
