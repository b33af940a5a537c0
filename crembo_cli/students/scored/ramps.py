"""Features laid out as ramps: curves between knots, and a point of its own for each category."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from crembo_cli.students.contract import Floats, Indices
from crembo_cli.students.graph import StudentGraph

if TYPE_CHECKING:
    from onnx import NodeProto

Doubles = NDArray[np.float64]
MOST_CODES = 64  # categories of a feature with a point of their own; of more, neighbours share


@dataclass(frozen=True, kw_only=True, eq=False)
class Ramps:
    """r columns of one feature each that rise from 0 at a knot to 1 at the next and stay there.

    Weighted sums of a feature's ramps are the functions that are linear between its knots and
    constant beyond the outer ones, as those of hat functions are; ramps keep their precision
    in float32 where knots lie close together. With a knot at each code, the sums are any
    function of a category.
    """

    feature: Indices  # (r,)
    knot: Floats  # (r,) where the ramp begins
    slope: Floats  # (r,) 1 / (next knot - knot), > 0

    def of(self, cells: Doubles) -> Doubles:
        """Float64 (n, r), missing cells NaN, for float64 cells (n, p)."""
        rise: Doubles = (cells[:, self.feature] - self.knot) * self.slope.astype(np.float64)
        return np.clip(rise, 0.0, 1.0)

    def numbers(self) -> int:
        """Return how many numbers of the exported student belong to the ramps."""
        return 3 * len(self.knot)


def read_ramps(
    graph: StudentGraph, gather: NodeProto, subtraction: NodeProto, multiplication: NodeProto
) -> Ramps:
    """Return the ramps whose features, knots and slopes those three nodes read."""
    return Ramps(
        feature=graph.value(gather).astype(np.int64),
        knot=graph.value(subtraction),
        slope=graph.value(multiplication),
    )


def curve_ramps(rows: Floats, knots: int, categories: Sequence[int]) -> Ramps:
    """Place at most `knots` knots per feature of float32 rows (n, p); return the ramps between.

    A feature with `categories` (as in `contract.Task`) has a knot at each code.
    """
    counts = categories or (0,) * rows.shape[1]
    feature: list[int] = []
    begin: list[Floats] = []
    slope: list[Floats] = []
    for j, count in enumerate(counts):
        at = _codes(rows[:, j], count) if count else place_knots(rows[:, j], knots)
        feature += [j] * (len(at) - 1)
        begin.append(at[:-1])
        slope.append((1.0 / np.diff(at.astype(np.float64))).astype(np.float32))
    return Ramps(
        feature=np.array(feature, np.int64),
        knot=np.concatenate(begin),
        slope=np.concatenate(slope),
    )


def _codes(cells: Floats, count: int) -> Floats:
    """A knot at each of `count` codes; if those are too many, at evenly spread codes."""
    if count > MOST_CODES:
        return place_knots(np.where(cells < 0, np.float32(np.nan), cells), MOST_CODES)
    return np.arange(count, dtype=np.float32)


def place_knots(cells: Floats, most: int) -> Floats:
    """Choose at most `most` of the values in `cells` (n,), ascending, evenly spread over the rows.

    All values, if there are few enough. Otherwise the least, the largest, and values between
    them at even shares of the rows; a value that fills more than its share takes one knot only.
    At least one value is returned: 0 if all cells are missing.
    """
    values, counts = np.unique(cells[~np.isnan(cells)], return_counts=True)
    if len(values) == 0:
        return np.zeros(1, np.float32)
    if len(values) > most:
        shares = np.cumsum(np.minimum(counts, counts.sum() / most))
        wanted = np.linspace(shares[0], shares[-1], most)
        values = values[np.unique(np.searchsorted(shares, wanted))]
    # Knots so near that the slope between them overflows float32 are one knot.
    near = np.diff(values.astype(np.float64), prepend=-np.inf) < 1e-37
    knots: Floats = values[~near]
    return knots
