"""Rows made ready for weights: centred, without holes, in memory and in ONNX alike.

Families that multiply by weights share this: a missing cell becomes the column's mean, and a
feature that has missing cells among the fitted rows gets one column more, 1 where it is missing
and 0 elsewhere, so that what is missing has a weight of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crembo_cli.students.contract import Floats, Indices
from crembo_cli.students.nodes import Nodes

Doubles = NDArray[np.float64]
BLOCK = 4096  # rows worked on at a time, so that a million rows need no more memory


@dataclass(frozen=True, kw_only=True, eq=False)
class Ramps:
    """r columns of one feature each that rise from 0 at a knot to 1 at the next and stay there.

    Weighted sums of a feature's ramps are the functions that are linear between its knots and
    constant beyond the outer ones, as those of hat functions are; ramps keep their precision
    in float32 where knots lie close together.
    """

    feature: Indices  # (r,)
    knot: Floats  # (r,) where the ramp begins
    slope: Floats  # (r,) 1 / (next knot - knot), > 0

    def of(self, cells: Doubles) -> Doubles:
        """Float64 (n, r), missing cells NaN, for float64 cells (n, p)."""
        rise: Doubles = (cells[:, self.feature] - self.knot) * self.slope.astype(np.float64)
        return np.clip(rise, 0.0, 1.0)


@dataclass(frozen=True, kw_only=True, eq=False)
class Columns:
    """How a row of p cells becomes a row of D columns: features or ramps, then missing flags."""

    centre: Floats  # (D - m,) what is subtracted: the mean over the fitted rows
    missing: Indices  # (m,) features that had missing cells, and so have a flag
    ramps: Ramps | None = None  # None: the features themselves are the columns

    def of(self, rows: Floats) -> Doubles:
        """Float64 (n, D) for float32 rows (n, p). Call it on blocks of rows, not on a million."""
        cells = rows.astype(np.float64)
        columns = (self.ramps.of(cells) if self.ramps else cells) - self.centre
        columns[np.isnan(columns)] = 0.0
        return np.concatenate([columns, np.isnan(rows[:, self.missing])], axis=1)

    def width(self) -> int:
        """How many columns there are: D."""
        return len(self.centre) + len(self.missing)

    def numbers(self) -> int:
        """How many numbers of the exported student belong to the columns."""
        ramps = self.ramps
        return len(self.centre) + len(self.missing) + (3 * len(ramps.knot) if ramps else 0)

    def add_to(self, nodes: Nodes, rows: str) -> str:
        """Add the nodes that do what `of` does; the name of the float64 tensor they write.

        Asked whether they are missing are the float32 cells, before any arithmetic on them.
        """
        cells, feature = rows, None
        if self.ramps:
            feature = nodes.constant(self.ramps.feature)
            cells = nodes.add("Gather", [rows, feature], axis=1)
        absent = nodes.add("IsNaN", [cells])
        columns = nodes.as_double(cells)
        if self.ramps:
            zero, one = (nodes.double(np.array(edge, np.float32)) for edge in (0, 1))
            begun = nodes.add("Sub", [columns, nodes.double(self.ramps.knot)])
            rise = nodes.add("Mul", [begun, nodes.double(self.ramps.slope)])
            columns = nodes.add("Clip", [rise, zero, one])
        centred = nodes.add("Sub", [columns, nodes.double(self.centre)])
        nothing = nodes.double(np.zeros(1, np.float32))
        columns = nodes.add("Where", [absent, nothing, centred])
        if len(self.missing):
            asked = nodes.add("Gather", [rows, nodes.constant(self.missing)], axis=1)
            flags = nodes.as_double(nodes.add("IsNaN", [asked]))
            columns = nodes.add("Concat", [columns, flags], axis=1)
        return columns


def learn_columns(rows: Floats, ramps: Ramps | None = None) -> Columns:
    """The columns for float32 rows (n, p), centred on their means.

    A column without any value has the centre 0.
    """
    width = rows.shape[1] if ramps is None else len(ramps.knot)
    total, count = np.zeros(width), np.zeros(width)
    for block in blocks(rows):
        cells = block.astype(np.float64)
        columns = ramps.of(cells) if ramps else cells
        total += np.nansum(columns, axis=0)
        count += (~np.isnan(columns)).sum(axis=0)
    return Columns(
        centre=(total / np.maximum(count, 1)).astype(np.float32),
        missing=np.flatnonzero(np.isnan(rows).any(axis=0)),
        ramps=ramps,
    )


def blocks(rows: Floats) -> Iterator[Floats]:
    """The rows in order, at most BLOCK at a time; one empty block where there are none."""
    for first in range(0, max(len(rows), 1), BLOCK):
        yield rows[first : first + BLOCK]
