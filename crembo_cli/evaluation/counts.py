"""How often each value occurs among rows: what depths, rankings and curves are computed from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crembo_cli.arrays import Bools, Doubles, Indices, Reals

Packed = NDArray[np.unsignedinteger[Any]]

MOST_VALUES = 100_000  # distinct values that are counted exactly
# Beyond them, values from each bound on are rounded to so many decimal places. Decimals, not bins
# of 2^-16: a depth of 0.7 stays 0.7, so that neither a gate nor a count of rows below 0.7 is wrong
# about it. Small ones keep four digits: a class of one row in 100,000 is ranked by them.
BOUNDS = np.array([0.0, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.99, 0.999])
UNITS = 10.0 ** np.array([10, 9, 8, 7, 6, 5, 6, 7])  # steps of 1 at these places
LOWEST = np.rint(BOUNDS * UNITS).astype(np.int64)
# The number of the first step from each bound on, and last the number of all steps up to 1.
FIRST = np.append(0, np.cumsum(np.rint(np.diff([*BOUNDS, 1.0]) * UNITS).astype(np.int64)))


@dataclass(frozen=True, kw_only=True, eq=False)
class Counts:
    """The distinct values of n rows, each in [0, 1] but for rounding, and how many rows have each.

    Counts of parts of the rows add up to those of all rows, in any order. With at most MOST_VALUES
    distinct values they are exact. Where more come together, all values are rounded to five
    decimals, below 0.01 to four digits and above 0.99 to six decimals or seven: quantiles are then
    off by at most 0.000005, and rows whose values are rounded to the same tie.
    """

    values: Reals  # (k,) distinct, increasing
    rows: Indices  # (k,) rows with this value
    hits: Indices  # (k,) those of them that are of the class that the values are about
    rounded: bool = False

    @classmethod
    def of(cls, values: Reals, hits: Bools | None = None) -> Counts:
        """Count `values` (n,), of whatever number; `hits` (n,) are the rows of the class."""
        found, rows = np.unique(values, return_counts=True)
        of_class = np.zeros(len(found), np.int64)
        if hits is not None:  # two sorts are faster than one that keeps where each row went
            own, count = np.unique(values[hits], return_counts=True)
            of_class[np.searchsorted(found, own)] = count
        return cls(values=found, rows=np.asarray(rows, np.int64), hits=of_class)

    def __add__(self, other: Counts) -> Counts:
        """Count the rows of both."""
        if self.rounded or other.rounded:
            return _round(self, other)
        joined = pool([self, other])
        return _round(joined) if len(joined.values) > MOST_VALUES else joined

    def __reduce__(self) -> tuple[Any, ...]:
        """On its way from a worker, numbers of rows take no more bytes than they need."""
        kind = np.min_scalar_type(int(self.rows.max(initial=0)))
        rows, hits = self.rows.astype(kind), self.hits.astype(kind)
        return _unpack, (self.values, rows, hits, self.rounded)

    def total(self) -> int:
        """Return the number of rows."""
        return int(self.rows.sum())

    def below(self, d: Doubles) -> Indices:
        """Count the rows with values below each of `d` (k,): int64 (k,).

        They are compared in the dtype of the values, so that a value of 0.7 is not below 0.7.
        """
        edges = round_values(d) if self.rounded else d
        places = np.searchsorted(self.values, edges.astype(self.values.dtype))
        return np.asarray(np.concatenate([[0], self.rows.cumsum()])[places], np.int64)

    def in_order(self, places: Indices) -> Doubles:
        """Return the values at `places` (k,), from 0, of the rows in increasing order."""
        found = self.values[np.searchsorted(self.rows.cumsum(), places, side="right")]
        return np.asarray(found, np.float64)

    def quantiles(self, shares: Doubles) -> Doubles:
        """Return the quantiles at `shares` (k,), linear between values, as `numpy.quantile`."""
        at = shares * (self.total() - 1)
        before = np.floor(at)
        low = self.in_order(before.astype(np.int64))
        high = self.in_order(np.ceil(at).astype(np.int64))
        return np.asarray(low + (high - low) * (at - before), np.float64)


def pool(parts: Sequence[Counts]) -> Counts:
    """Count the rows of all `parts`; no value is rounded, however many there are."""
    return reduce(_join, parts)


def _unpack(values: Reals, rows: Packed, hits: Packed, rounded: bool) -> Counts:
    whole = rows.astype(np.int64), hits.astype(np.int64)
    return Counts(values=values, rows=whole[0], hits=whole[1], rounded=rounded)


def _join(one: Counts, other: Counts) -> Counts:
    values = np.union1d(one.values, other.values)
    rows, hits = np.zeros((2, len(values)), np.int64)
    for each in (one, other):
        at = np.searchsorted(values, each.values)
        rows[at] += each.rows
        hits[at] += each.hits
    return Counts(values=values, rows=rows, hits=hits, rounded=one.rounded or other.rounded)


def round_values(values: Reals) -> Doubles:
    """Return the step next to each of `values`, which are in [0, 1]."""
    return _values_of(_steps_of(values))


def _round(*parts: Counts) -> Counts:
    """Count the rows of `parts` by the steps next to their values."""
    rows, hits = np.zeros((2, FIRST[-1] + 1))
    for each in parts:
        at = _steps_of(each.values)
        rows += np.bincount(at, each.rows, len(rows))
        hits += np.bincount(at, each.hits, len(rows))
    some = np.flatnonzero(rows)
    return Counts(
        values=_values_of(some).astype(np.result_type(*(each.values for each in parts))),
        rows=rows[some].astype(np.int64),
        hits=hits[some].astype(np.int64),
        rounded=True,
    )


def _steps_of(values: Reals) -> Indices:
    exact = np.clip(values.astype(np.float64), 0.0, 1.0)  # sums in float32 may be above 1
    part = np.searchsorted(BOUNDS, exact, side="right") - 1
    return np.asarray(np.rint(exact * UNITS[part]).astype(np.int64) - LOWEST[part] + FIRST[part])


def _values_of(steps: Indices) -> Doubles:
    part = np.minimum(np.searchsorted(FIRST, steps, side="right") - 1, len(BOUNDS) - 1)
    return np.asarray((steps - FIRST[part] + LOWEST[part]) / UNITS[part], np.float64)
