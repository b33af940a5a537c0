"""A pandas frame over the wire: columns of one dtype travel as one array, text as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from crembo_cli.teachers.wire import Array

if TYPE_CHECKING:
    import pandas as pd


def pack(frame: pd.DataFrame) -> tuple[dict[str, Any], list[Array]]:
    """`frame` as a header and arrays; its index stays behind."""
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
    """The columns of a packed frame, in order; text as objects with None for missing."""
    columns: list[Array] = [np.empty(0)] * len(header["names"])
    for positions, block in zip(header["blocks"], arrays, strict=True):
        for i, place in enumerate(positions):
            columns[place] = block[:, i]
    for place, cells in header["texts"]:
        columns[place] = np.array(cells, dtype=object)
    return columns
