"""The inputs of an ONNX model, in the child process: understood, and filled."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from crembo_cli.errors import TeacherError
from crembo_cli.teachers.contract import ModelInput
from crembo_cli.teachers.onnx_feeds import DTYPES
from crembo_cli.teachers.wire import Array

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
