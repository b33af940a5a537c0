"""A compact summary of the rows that a student was fitted on: what drift is measured against.

It stands in the student's file, whose size counts: of a number it keeps a few quantiles, in as
few digits as keep them apart, of a text its most frequent categories, and how many rows each bin
has. The counts are those of the written edges, so that rounding makes no difference to a
comparison.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Context, Decimal

import numpy as np

from crembo_cli.arrays import Floats, Indices
from crembo_cli.students.contract import Feature

BINS, FEW_BINS = 10, 4  # of a column; of numbers the second, in tables of more than MANY columns
MANY = 20
ROUNDING = 0.1  # of the distance to the next edge: how far up an edge may be rounded


@dataclass(frozen=True, kw_only=True)
class ColumnSummary:
    """The bins of one column, and how many rows are in each.

    Of a number, bin k holds the values above `edges[k - 1]` and up to `edges[k]`. Of a text, it
    holds the category with the code `edges[k]`. The last bin holds all others.
    """

    edges: tuple[float, ...]
    counts: tuple[int, ...]  # one more than edges
    missing: int

    def count(self, column: Floats, *, text: bool) -> Indices:
        """Count the rows of `column` (n,) in each bin, and last those that are missing.

        `text`: whether its values are codes of categories. Returns int64 (bins + 1,).
        """
        return self.count_sorted(np.sort(column), text=text)

    def count_sorted(self, column: Floats, *, text: bool) -> Indices:
        """Count the rows of a sorted `column`, as `count`; missing values are last in it."""
        known = column[: np.searchsorted(column, np.nan)]
        edges = np.array(self.edges, np.float32)  # as the rows are: 2.42 is 2.42 in both
        ends = np.searchsorted(known, edges, side="right")
        if text:
            counts = ends - np.searchsorted(known, edges, side="left")
            return np.array([*counts, len(known) - counts.sum(), len(column) - len(known)])
        return np.diff([0, *ends, len(known), len(column)])

    def all_counts(self) -> Indices:
        """Return the counts of the training rows, as `count` does of others."""
        return np.array([*self.counts, self.missing], np.int64)


@dataclass(frozen=True, kw_only=True)
class TrainingSummary:
    """The columns of the training rows, and what the student predicts for them."""

    rows: int
    predicted: tuple[int, ...]  # rows by predicted class, in the order of the student's classes
    columns: tuple[ColumnSummary, ...]  # in the order of the features

    def to_text(self) -> str:
        """Write the summary as JSON without blanks."""
        columns = [[_plain(each.edges), each.counts, each.missing] for each in self.columns]
        values = {"rows": self.rows, "predicted": self.predicted, "columns": columns}
        return json.dumps(values, separators=(",", ":"))


def summarise(rows: Floats, predicted: Indices, features: Sequence[Feature], c: int) -> (
    TrainingSummary
):  # fmt: skip
    """Summarise the training rows (n, p), and the class indices (n,) of c classes on them."""
    bins = BINS if len(features) <= MANY else FEW_BINS  # of numbers; a code takes less room
    columns = []
    for unsorted, feature in zip(rows.T, features, strict=True):
        column = np.sort(unsorted)
        known = column[: np.searchsorted(column, np.nan)]
        text = bool(feature.categories)
        edges = _frequent(known, BINS) if text else _quantiles(known, bins)
        empty = ColumnSummary(edges=edges, counts=(0,) * (len(edges) + 1), missing=0)
        *counts, missing = empty.count_sorted(column, text=text).tolist()
        columns.append(ColumnSummary(edges=edges, counts=tuple(counts), missing=missing))
    return TrainingSummary(
        rows=len(rows),
        predicted=tuple(np.bincount(predicted, minlength=c).tolist()),
        columns=tuple(columns),
    )


def read_summary(text: str, features: Sequence[Feature]) -> TrainingSummary:
    """Parse what `TrainingSummary.to_text` wrote.

    Raises KeyError, TypeError or ValueError if it is malformed, or has other features.
    """
    found = json.loads(text)
    columns = tuple(
        ColumnSummary(
            edges=tuple(float(each) for each in edges),
            counts=tuple(int(each) for each in counts),
            missing=int(missing),
        )
        for edges, counts, missing in found["columns"]
    )
    fits = len(columns) == len(features) and all(
        len(each.counts) == len(each.edges) + 1 and sorted(each.edges) == list(each.edges)
        for each in columns
    )
    if not fits:
        raise ValueError("invalid summary of the training rows")
    predicted = tuple(int(each) for each in found["predicted"])
    return TrainingSummary(rows=int(found["rows"]), predicted=predicted, columns=columns)


def _quantiles(known: Floats, bins: int) -> tuple[float, ...]:
    """Return the inner edges of at most `bins` bins with about as many values of `known` each.

    `known` is sorted.
    No bin is empty: the largest value is not an edge.
    """
    if not len(known):
        return ()
    shares = np.arange(1, bins) / bins
    edges = np.unique(np.quantile(known, shares, method="inverted_cdf"))
    edges = edges[edges < known[-1]]
    ends = [*edges, known[-1]][1:]
    return tuple(
        _round_up(edge, ROUNDING * float(end - edge)) for edge, end in zip(edges, ends, strict=True)
    )


def _round_up(value: np.float32, room: float) -> float:
    """Return the number with the fewest digits from `value` to `value` + `room`.

    Never a lower one: an edge that is a common value must stay in its bin.
    """
    exact = Decimal(str(value))
    for digits in range(1, 9):
        rounded = Context(prec=digits, rounding=ROUND_CEILING).plus(exact)
        if rounded - exact <= room:
            return float(rounded)
    return float(exact)


def _frequent(known: Floats, bins: int) -> tuple[float, ...]:
    """Return the codes of the most frequent categories, `bins` - 1 at most, ascending."""
    codes, counts = np.unique(known, return_counts=True)
    most = np.argsort(-counts, kind="stable")[: bins - 1]
    return tuple(sorted(codes[most].tolist()))


def _plain(edges: Sequence[float]) -> list[float | int]:
    """Write whole numbers without a fraction."""
    return [int(each) if each.is_integer() else each for each in edges]
