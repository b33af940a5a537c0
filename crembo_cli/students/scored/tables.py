"""The tables of pairs of features that an additive student adds to its curves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from crembo_cli.arrays import Doubles, Indices
from crembo_cli.students.contract import Feature
from crembo_cli.students.scored.columns import Columns
from crembo_cli.students.scored.text import Sums, format_signed, knot_text, one_sided_sums


@dataclass(frozen=True, kw_only=True)
class Axis:
    """One side of a table."""

    feature: int  # its column
    knots: Doubles  # (k,) ascending
    missing: bool  # whether a missing cell has a place of its own, after the knots

    def texts(self, feature: Feature) -> list[str]:
        """Return the places as a reader knows them."""
        knots = [knot_text(feature, float(knot)) for knot in self.knots]
        return [*knots, *["missing"] * self.missing]


@dataclass(frozen=True, kw_only=True)
class PairTable:
    """What two features together add to the score of each of c classes.

    It is linear between knots and constant beyond the outer ones. A cell that is missing without
    a place of its own, or whose category was not seen before, adds nothing.
    """

    axes: tuple[Axis, Axis]
    points: Doubles  # (places of the first, places of the second, c)

    def span(self) -> float:
        """Return the largest difference that the table makes to the score of a class."""
        return float(np.ptp(self.points, axis=(0, 1)).max())


def tables_of(sums: Sums) -> list[PairTable]:
    """Return the table of each pair, the one that matters most first."""
    columns, products = sums.columns, sums.columns.products
    if products is None:
        return []
    owner, first = columns.owner(), len(columns.owner())
    pairs = np.stack([owner[products.left], owner[products.right]], axis=1)
    tables = []
    for pair in np.unique(pairs, axis=0):
        mine = np.flatnonzero((pairs == pair).all(axis=1))
        left, at_left = np.unique(products.left[mine], return_inverse=True)
        right, at_right = np.unique(products.right[mine], return_inverse=True)
        weights = np.zeros((len(left), len(right), sums.weights.shape[1]))
        weights[at_left, at_right] = sums.weights[first + mine]
        (a, rows), (b, cells) = _axis(columns, left), _axis(columns, right)
        points = np.einsum("ai,bj,ijc->abc", rows, cells, weights)
        tables.append(PairTable(axes=(a, b), points=points))
    return sorted(tables, key=lambda table: -table.span())


def _axis(columns: Columns, used: Indices) -> tuple[Axis, Doubles]:
    """The axis on which `used` columns of one feature stand, and those columns at its places."""
    ramps = columns.ramps
    assert ramps is not None
    own = used[used < len(ramps.knot)]
    begin, slope = ramps.knot[own].astype(np.float64), ramps.slope[own].astype(np.float64)
    # A ramp ends where the feature's next one begins, to the bit; only the last has to be computed.
    after = np.minimum(own + 1, len(ramps.knot) - 1)
    last = (after == own) | (ramps.feature[after] != ramps.feature[own])
    ends = np.where(last, begin + 1.0 / slope, ramps.knot[after])
    knots = np.unique(np.concatenate([begin, ends]))
    missing = len(own) < len(used)
    values = np.zeros((len(knots) + missing, len(used)))
    rises = np.clip((knots[:, None] - begin) * slope, 0.0, 1.0)
    values[: len(knots), : len(own)] = rises - columns.centre[own]
    values[len(knots) :, len(own) :] = 1.0
    return Axis(feature=int(columns.owner()[used[0]]), knots=knots, missing=missing), values


def describe_tables(
    sums: Sums, features: Sequence[Feature], classes: Sequence[str]
) -> Iterator[str]:
    """Yield a line for each pair: its features, and the class that it changes most."""
    _, _, sums, classes = one_sided_sums(sums, classes)
    tables = [table for table in tables_of(sums) if table.span() > 0]
    if tables:
        yield "pairs of features that add to their curves, and the class that each changes most:"
    for table in tables:
        y = int(np.ptp(table.points, axis=(0, 1)).argmax())
        low, high = table.points[:, :, y].min(), table.points[:, :, y].max()
        names = " and ".join(features[axis.feature].name for axis in table.axes)
        yield f"{names}: {classes[y]}, {low:+.2f} to {high:+.2f}"


def table_rows(sums: Sums, features: Sequence[Feature]) -> Iterator[list[str]]:
    """Yield a row for each place of each table: two features, two values, and the scores."""
    for table in tables_of(sums):
        first, second = (features[axis.feature] for axis in table.axes)
        across = table.axes[1].texts(second)
        for a, scores in zip(table.axes[0].texts(first), table.points, strict=True):
            for b, points in zip(across, scores, strict=True):
                yield [first.name, a, second.name, b, *format_signed(points)]


def tables_json(sums: Sums) -> list[dict[str, Any]]:
    """Return every table: scores (k, l, c) at its knots (k,) and (l,), linear between.

    Where `missing` is true, the last scores are those of a missing cell; where it is not, a
    missing cell adds nothing. A category that was not seen before adds nothing.
    """
    return [
        {
            "features": [axis.feature for axis in table.axes],
            "knots": [axis.knots.tolist() for axis in table.axes],
            "missing": [axis.missing for axis in table.axes],
            "scores": table.points.tolist(),
        }
        for table in tables_of(sums)
    ]
