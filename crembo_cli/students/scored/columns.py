"""Rows as columns for weights: centred, without missing cells, the same in memory and in ONNX.

All families that multiply by weights use this. A missing cell becomes the column's mean. A
feature with missing cells among the training rows gets one more column, 1 if the cell is missing
and 0 if not, so that a missing value has a weight of its own. An unseen category becomes the mean
as well, because nothing is known about it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from crembo_cli.arrays import Bools
from crembo_cli.students.contract import Floats, Indices
from crembo_cli.students.graph import StudentGraph
from crembo_cli.students.nodes import Nodes
from crembo_cli.students.program import Column, Layer, Program
from crembo_cli.students.scored.ramps import Ramps, read_ramps

Doubles = NDArray[np.float64]
BLOCK = 4096  # rows per block, which bounds the memory
RAMP_LIMITS = np.array([[0], [1]], np.float32)
UNSEEN_BELOW = np.float32(-0.5)  # codes of categories below this are unseen ones


@dataclass(frozen=True, kw_only=True, eq=False)
class Products:
    """q columns that are products of two others: what a pair of features adds to its curves.

    A table of two features, linear between knots, is a weighted sum of products of their ramps
    (GA2M, Lou et al. 2013). The ramps are centred: a missing cell without a flag adds nothing.
    """

    left: Indices  # (q,) the number of a column
    right: Indices  # (q,)

    def of(self, columns: Doubles) -> Doubles:
        """Return float64 (n, q) for columns (n, D)."""
        products: Doubles = columns[:, self.left] * columns[:, self.right]
        return products

    def add_to(self, nodes: Nodes, columns: str) -> str:
        """Add the nodes that compute `of`; return the name of the tensor that they write."""
        left, right = (
            nodes.add("Gather", [columns, nodes.constant(side.astype(np.int32))], axis=1)
            for side in (self.left, self.right)
        )
        return nodes.add("Mul", [left, right])


@dataclass(frozen=True, kw_only=True, eq=False)
class Columns:
    """The map from p cells to D columns: features or ramps, then missing flags, then products."""

    centre: Floats  # (D - m - q,) the mean over the training rows, which is subtracted
    missing: Indices  # (m,) features with missing cells, which have a flag
    limits: Floats  # (2, p) the least and the largest training value of each feature, to which
    # cells are cut; with ramps (2, 1): 0 and 1
    ramps: Ramps | None = None  # None: the features themselves are the columns
    products: Products | None = None  # q products of the columns before them
    coded: Indices = field(
        default_factory=lambda: np.empty(0, np.int64)
    )  # features with categories

    def of(self, rows: Floats) -> Doubles:
        """Return float64 (n, D) for float32 rows (n, p). Call it on `blocks` of rows."""
        columns = self.known(rows) - self.centre
        columns[np.isnan(columns)] = 0.0
        columns = np.concatenate([columns, np.isnan(rows[:, self.missing])], axis=1)
        if self.products:
            columns = np.concatenate([columns, self.products.of(columns)], axis=1)
        return columns

    def known(self, rows: Floats) -> Doubles:
        """Return float64 features or ramps, not centred; NaN: missing or an unseen category."""
        cells = np.where(self.unknown(rows), np.nan, rows.astype(np.float64))
        return self.ramps.of(cells) if self.ramps else np.clip(cells, *self.limits)

    def unknown(self, rows: Floats) -> Bools:
        """Return which of float32 cells (n, p) are missing or unseen categories: bool (n, p)."""
        absent = np.isnan(rows)
        absent[:, self.coded] |= rows[:, self.coded] < UNSEEN_BELOW
        return absent

    def width(self) -> int:
        """Return the number of columns, D."""
        products = len(self.products.left) if self.products else 0
        return len(self.centre) + len(self.missing) + products

    def numbers(self) -> int:
        """Return how many numbers of the exported student belong to the columns."""
        ramps = self.ramps.numbers() if self.ramps else self.limits.size
        products = 2 * len(self.products.left) if self.products else 0
        return len(self.centre) + len(self.missing) + ramps + len(self._least()) + products

    def owner(self) -> Indices:
        """Return the feature of each column but the products: int64 (D - q,)."""
        features = self.ramps.feature if self.ramps else np.arange(len(self.centre))
        return np.concatenate([features, self.missing])

    def program(self, layers: tuple[Layer, ...]) -> Program:
        """The softmax of `layers` on these columns; see `students.program`."""
        centre = self.centre.astype(np.float64).tolist()
        if self.ramps:
            feature = self.ramps.feature.tolist()
            forms = zip(self.ramps.knot.tolist(), self.ramps.slope.tolist(), strict=True)
            shapes = [(knot, slope, 0.0, 1.0) for knot, slope in forms]
        else:
            feature = list(range(len(centre)))
            shapes = [(0.0, 1.0, low, high) for low, high in self.limits.T.tolist()]
        columns = tuple(
            Column(feature=j, shift=shift, scale=scale, low=low, high=high, mean=mean)
            for j, (shift, scale, low, high), mean in zip(feature, shapes, centre, strict=True)
        )
        pairs: list[tuple[int, int]] = []
        if self.products:
            sides = self.products.left.tolist(), self.products.right.tolist()
            pairs = list(zip(*sides, strict=True))
        return Program(
            begin=np.zeros(layers[-1].bias.shape),
            columns=columns,
            flags=tuple(self.missing.tolist()),
            products=tuple(pairs),
            layers=layers,
        )

    def add_to(self, nodes: Nodes, rows: str) -> str:
        """Add the nodes that compute `of`; return the name of the float64 tensor that they write.

        The float32 cells are tested for NaN, before any arithmetic on them.
        """
        cells, feature = rows, None
        if self.ramps:
            feature = nodes.constant(self.ramps.feature.astype(np.int32))
            cells = nodes.add("Gather", [rows, feature], axis=1)
        absent = nodes.add("IsNaN", [cells])
        if len(self.coded):
            unseen = nodes.add("Less", [cells, nodes.constant(self._least())])
            absent = nodes.add("Or", [absent, unseen])
        columns = nodes.as_double(cells)
        if self.ramps:
            begun = nodes.add("Sub", [columns, nodes.double(self.ramps.knot)])
            columns = nodes.add("Mul", [begun, nodes.double(self.ramps.slope)])
        low, high = map(nodes.double, self.limits)
        columns = nodes.add("Min", [nodes.add("Max", [columns, low]), high])
        centred = nodes.add("Sub", [columns, nodes.double(self.centre)])
        nothing = nodes.double(np.zeros(1, np.float32))
        columns = nodes.add("Where", [absent, nothing, centred])
        if len(self.missing):
            flagged = nodes.add(
                "Gather", [rows, nodes.constant(self.missing.astype(np.int32))], axis=1
            )
            flags = nodes.as_double(nodes.add("IsNaN", [flagged]))
            columns = nodes.add("Concat", [columns, flags], axis=1)
        if self.products:
            products = self.products.add_to(nodes, columns)
            columns = nodes.add("Concat", [columns, products], axis=1)
        return columns

    def _least(self) -> Floats:
        """The value below which a cell is an unseen category, as `centre`; (0,) without any."""
        if len(self.coded) == 0:
            return np.empty(0, np.float32)
        feature = self.ramps.feature if self.ramps else np.arange(len(self.centre))
        return np.where(np.isin(feature, self.coded), UNSEEN_BELOW, np.float32(-np.inf))


def read_columns(graph: StudentGraph) -> Columns:
    """Return the columns that `Columns.add_to` wrote into a student's graph.

    Raises ValueError, KeyError or IndexError if the nodes are not as it writes them.
    """
    gathers, subtractions = graph.all("Gather"), graph.all("Sub")
    multiplications = graph.all("Mul")
    ramps = products = None
    if multiplications:
        ramps = read_ramps(graph, gathers.pop(0), subtractions.pop(0), multiplications.pop(0))
    if multiplications:
        right, left = (graph.value(gathers.pop()).astype(np.int64) for _ in range(2))
        products = Products(left=left, right=right)
    if len(subtractions) != 1 or len(gathers) > 1:
        raise ValueError(
            "expected one subtraction of the means and at most one set of missing flags"
        )
    centre = graph.value(subtractions[0])
    coded = np.empty(0, np.int64)
    if graph.all("Less"):
        feature = ramps.feature if ramps else np.arange(len(centre))
        coded = np.unique(feature[graph.value(graph.only("Less")) == UNSEEN_BELOW])
    columns = Columns(
        centre=centre.astype(np.float32),
        missing=graph.value(gathers[0]).astype(np.int64) if gathers else np.empty(0, np.int64),
        ramps=ramps,
        products=products,
        limits=np.stack([graph.value(graph.only(operator)) for operator in ("Max", "Min")]),
        coded=coded,
    )
    if products and max(products.left.max(), products.right.max()) >= len(columns.owner()):
        raise ValueError("a product of columns that there are not")
    return columns


def learn_columns(
    rows: Floats, ramps: Ramps | None = None, categories: Sequence[int] = ()
) -> Columns:
    """Return the columns for float32 rows (n, p), centred on their means.

    `categories` is as in `contract.Task`. A column without any value has the centre 0.
    """
    columns = Columns(
        centre=np.zeros(rows.shape[1] if ramps is None else len(ramps.knot), np.float32),
        missing=np.flatnonzero(np.isnan(rows).any(axis=0)),
        ramps=ramps,
        limits=_limits_of(rows, categories) if ramps is None else RAMP_LIMITS,
        coded=np.flatnonzero(categories),
    )
    total, count = np.zeros(len(columns.centre)), np.zeros(len(columns.centre))
    for block in blocks(rows):
        known = columns.known(block)
        total += np.nansum(known, axis=0)
        count += (~np.isnan(known)).sum(axis=0)
    return replace(columns, centre=(total / np.maximum(count, 1)).astype(np.float32))


def _limits_of(rows: Floats, categories: Sequence[int]) -> Floats:
    """The least and the largest value of each column, (2, p); 0 without any value.

    The code of unseen categories does not count.
    """
    known = np.where((rows < UNSEEN_BELOW) & (np.array(categories or 0) > 0), np.nan, rows)
    return np.nan_to_num([np.fmin.reduce(known), np.fmax.reduce(known)]).astype(np.float32)


def blocks(rows: Floats) -> Iterator[Floats]:
    """Yield the rows in order, at most BLOCK at a time; one empty block if there are none."""
    for first in range(0, max(len(rows), 1), BLOCK):
        yield rows[first : first + BLOCK]
