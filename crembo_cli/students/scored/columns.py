"""Rows made ready for weights: centred, without holes, in memory and in ONNX alike.

Families that multiply by weights share this: a missing cell becomes the column's mean, and a
feature that has missing cells among the fitted rows gets one column more, 1 where it is missing
and 0 elsewhere, so that what is missing has a weight of its own. A category that was not seen
becomes the mean as well: nothing is known that would speak for or against any class.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from crembo_cli.students.contract import Floats, Indices
from crembo_cli.students.graph import StudentGraph
from crembo_cli.students.nodes import Nodes
from crembo_cli.students.scored.ramps import Ramps, read_ramps

Doubles = NDArray[np.float64]
BLOCK = 4096  # rows worked on at a time, so that a million rows need no more memory


UNKNOWN = np.float32(-0.5)  # codes of categories below this were not seen


@dataclass(frozen=True, kw_only=True, eq=False)
class Columns:
    """How a row of p cells becomes a row of D columns: features or ramps, then missing flags."""

    centre: Floats  # (D - m,) what is subtracted: the mean over the fitted rows
    missing: Indices  # (m,) features that had missing cells, and so have a flag
    ramps: Ramps | None = None  # None: the features themselves are the columns
    coded: Indices = field(default_factory=lambda: np.empty(0, np.int64))  # features of categories

    def of(self, rows: Floats) -> Doubles:
        """Float64 (n, D) for float32 rows (n, p). Call it on blocks of rows, not on a million."""
        columns = self.known(rows) - self.centre
        columns[np.isnan(columns)] = 0.0
        return np.concatenate([columns, np.isnan(rows[:, self.missing])], axis=1)

    def known(self, rows: Floats) -> Doubles:
        """Float64 (n, D - m), not centred; NaN where a cell is missing or was not seen before."""
        cells = rows.astype(np.float64)
        cells[:, self.coded] = np.where(
            cells[:, self.coded] < UNKNOWN, np.nan, cells[:, self.coded]
        )
        return self.ramps.of(cells) if self.ramps else cells

    def width(self) -> int:
        """How many columns there are: D."""
        return len(self.centre) + len(self.missing)

    def numbers(self) -> int:
        """How many numbers of the exported student belong to the columns."""
        ramps = self.ramps.numbers() if self.ramps else 0
        return len(self.centre) + len(self.missing) + ramps + len(self._least())

    def add_to(self, nodes: Nodes, rows: str) -> str:
        """Add the nodes that do what `of` does; the name of the float64 tensor they write.

        Asked whether they are missing are the float32 cells, before any arithmetic on them.
        """
        cells, feature = rows, None
        if self.ramps:
            feature = nodes.constant(self.ramps.feature)
            cells = nodes.add("Gather", [rows, feature], axis=1)
        absent = nodes.add("IsNaN", [cells])
        if len(self.coded):
            unseen = nodes.add("Less", [cells, nodes.constant(self._least())])
            absent = nodes.add("Or", [absent, unseen])
        columns = nodes.as_double(cells)
        if self.ramps:
            begun = nodes.add("Sub", [columns, nodes.double(self.ramps.knot)])
            rise = nodes.add("Mul", [begun, nodes.double(self.ramps.slope)])
            columns = self.ramps.add_ends(nodes, rise)
        centred = nodes.add("Sub", [columns, nodes.double(self.centre)])
        nothing = nodes.double(np.zeros(1, np.float32))
        columns = nodes.add("Where", [absent, nothing, centred])
        if len(self.missing):
            asked = nodes.add("Gather", [rows, nodes.constant(self.missing)], axis=1)
            flags = nodes.as_double(nodes.add("IsNaN", [asked]))
            columns = nodes.add("Concat", [columns, flags], axis=1)
        return columns

    def _least(self) -> Floats:
        """Below what a cell was not seen before: (D - m,), or (0,) where none is of a category."""
        if len(self.coded) == 0:
            return np.empty(0, np.float32)
        feature = self.ramps.feature if self.ramps else np.arange(len(self.centre))
        return np.where(np.isin(feature, self.coded), UNKNOWN, np.float32(-np.inf))


def read_columns(graph: StudentGraph) -> Columns:
    """Return the columns that `Columns.add_to` wrote into a student's graph.

    Raises ValueError, KeyError or IndexError if the nodes are not as it writes them.
    """
    gathers, subtractions = graph.all("Gather"), graph.all("Sub")
    ramps = None
    if graph.all("Mul"):
        ramps = read_ramps(graph, gathers.pop(0), subtractions.pop(0))
    if len(subtractions) != 1 or len(gathers) > 1:
        raise ValueError("expected 1 centring of the columns and at most 1 set of missing flags")
    centre = graph.value(subtractions[0])
    coded = np.empty(0, np.int64)
    if graph.all("Less"):
        feature = ramps.feature if ramps else np.arange(len(centre))
        coded = np.unique(feature[graph.value(graph.only("Less")) == UNKNOWN])
    return Columns(
        centre=centre.astype(np.float32),
        missing=graph.value(gathers[0]).astype(np.int64) if gathers else np.empty(0, np.int64),
        ramps=ramps,
        coded=coded,
    )


def learn_columns(
    rows: Floats, ramps: Ramps | None = None, categories: Sequence[int] = ()
) -> Columns:
    """The columns for float32 rows (n, p), centred on their means.

    `categories` is as in `contract.Task`. A column without any value has the centre 0.
    """
    columns = Columns(
        centre=np.zeros(rows.shape[1] if ramps is None else len(ramps.knot), np.float32),
        missing=np.flatnonzero(np.isnan(rows).any(axis=0)),
        ramps=ramps,
        coded=np.flatnonzero(categories),
    )
    total, count = np.zeros(len(columns.centre)), np.zeros(len(columns.centre))
    for block in blocks(rows):
        known = columns.known(block)
        total += np.nansum(known, axis=0)
        count += (~np.isnan(known)).sum(axis=0)
    return replace(columns, centre=(total / np.maximum(count, 1)).astype(np.float32))


def blocks(rows: Floats) -> Iterator[Floats]:
    """The rows in order, at most BLOCK at a time; one empty block where there are none."""
    for first in range(0, max(len(rows), 1), BLOCK):
        yield rows[first : first + BLOCK]
