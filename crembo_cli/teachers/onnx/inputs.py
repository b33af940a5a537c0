"""Feed the columns of a table to the inputs of an ONNX model."""

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


def resolve_widths(inputs: Sequence[ModelInput], features: int) -> tuple[ModelInput, ...]:
    """Return the inputs, with a dynamic width set to `features`, the table's number of features.

    Raises:
        TeacherError: the inputs take a different number of features.
    """
    taken = sum(each.width for each in inputs)
    if taken != features and all(each.width for each in inputs):
        raise TeacherError(
            "the number of features does not match the teacher",
            found=f"{features} features",
            wanted=f"{taken}",
            hint="choose columns with --features or --drop",
        )
    return tuple(replace(each, width=each.width or features) for each in inputs)


def pack_feeds(
    frame: pd.DataFrame, inputs: Sequence[ModelInput]
) -> tuple[dict[str, Any], list[Array]]:
    """Return a message with the values of each input, (n, width).

    Each input takes the next features of `frame`, as many as its width. Missing text becomes
    '', a missing number NaN.

    Raises:
        TeacherError: the type of an input cannot hold a cell; the message has row and column.
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
            raise _cell_error(part, first, i, repr(cells.iloc[first]), f"a number ({type_})")
    values = np.column_stack([part.iloc[:, i].to_numpy() for i in range(part.shape[1])])
    if dtype.kind == "f":
        with np.errstate(over="ignore"):
            cast = values.astype(dtype)
        _check_cells(part, np.isinf(cast) & np.isfinite(values), type_)
        return cast
    with np.errstate(invalid="ignore"):  # NaN and out of range: refused below
        cast = values.astype(dtype)
    _check_cells(part, cast != values, "0 or 1 (bool)" if type_ == "bool" else f"a whole {type_}")
    return cast


def _texts(part: pd.DataFrame, i: int) -> list[str]:
    """Return a column as text; 2, 2.0 and '2' all become '2'."""
    cells = part.iloc[:, i]
    missing = cells.isna().to_numpy()
    if cells.dtype.kind == "f":
        whole = (cells == cells.round()).to_numpy() | missing
        if not whole.all():
            row = int(whole.argmin())
            raise _cell_error(part, row, i, str(cells.iloc[row]), "text, or a whole number")
        return ["" if gone else str(int(x)) for x, gone in zip(cells, missing, strict=True)]
    return ["" if gone else str(x) for x, gone in zip(cells, missing, strict=True)]


def _check_cells(part: pd.DataFrame, broken: Array, wanted: str) -> None:
    if broken.any():
        row, i = (int(place) for place in np.argwhere(broken)[0])
        missing = bool(part.iloc[:, i].isna().iloc[row])
        found = "a missing cell" if missing else str(part.iloc[row, i])
        raise _cell_error(part, row, i, found, wanted)


def _cell_error(part: pd.DataFrame, row: int, i: int, found: str, wanted: str) -> TeacherError:
    return TeacherError(
        "a cell does not match the type of the teacher's input",
        where=f"row {part.index[row] + 1}, column {part.columns[i]!r}",
        found=found,
        wanted=wanted,
    )


Feeds = list[dict[str, Array]]  # the values of each input, for each run of the session


def describe_input(node: Any) -> ModelInput:
    """Describe an input of a session.

    Raises:
        TeacherError: columns cannot feed an input of this type or shape.
    """
    type_ = node.type.removeprefix("tensor(").removesuffix(")")
    shape = tuple(node.shape or ())
    inner = shape[1:]
    dynamic = [size for size in inner if not isinstance(size, int)]
    if (type_ not in DTYPES and type_ != "string") or not shape or len(dynamic) > 1:
        raise TeacherError(
            f"unsupported input {node.name!r} of the teacher",
            found=f"{node.type} of shape {list(shape)}",
            wanted="a tensor of numbers, bool or string with a batch and at most one dynamic size",
        )
    width = 0 if dynamic else math.prod(int(size) for size in inner)
    return ModelInput(name=node.name, type=type_, shape=shape, width=width)


def fixed_batch(inputs: Sequence[ModelInput]) -> int | None:
    """Return the batch size that the model requires; None if it accepts any.

    Raises:
        TeacherError: the inputs have different batch sizes, or several have dynamic widths.
    """
    sizes = {each.shape[0] for each in inputs if isinstance(each.shape[0], int)}
    if len(sizes) > 1 or (len(inputs) > 1 and not all(each.width for each in inputs)):
        raise TeacherError(
            "unsupported inputs of the teacher",
            found=", ".join(f"{each.name!r} of shape {list(each.shape)}" for each in inputs),
            wanted="one batch size, and fixed widths if there are several inputs",
        )
    return next((int(size) for size in sizes if isinstance(size, int)), None)


def build_feeds(
    inputs: Sequence[ModelInput], header: Mapping[str, Any], arrays: Sequence[Array]
) -> Feeds:
    """Return the values of a message in the shapes of the model, in batches if they are fixed.

    The last batch is padded with copies of its last row.
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
        {name: _pad(cells[start : start + batch], batch) for name, cells in whole.items()}
        for start in range(0, count, batch)
    ]


def _pad(cells: Array, batch: int) -> Array:
    lacking = batch - len(cells)
    return np.concatenate([cells, np.repeat(cells[-1:], lacking, axis=0)]) if lacking else cells
