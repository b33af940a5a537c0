"""Values to bins: at most 255 bins for each feature, and one code for missing values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crembo_cli.arrays import EVERYTHING, NOTHING, Floats, Indices, Int32s
from crembo_cli.threads import in_threads

MISSING = 255  # the code of a missing value
MAX_BINS = 255  # codes 0 .. 254
FINE = 1 << 16  # quantiles use at most this many distinct values: of more, every k-th one
MOST_DIGITS = 8  # of an edge; float32 has no more than 9


@dataclass(frozen=True, kw_only=True)
class Bins:
    """n rows of p features as bin codes, and the edges between the bins."""

    codes: NDArray[np.uint8]  # (p, n) C order; MISSING for NaN
    edges: Floats  # (p, 255) ascending, filled up with infinity; code k: edges[k-1] < v <= edges[k]
    widths: Indices  # (p,) the number of codes of each feature, without MISSING

    def thresholds(self, features: Int32s, cuts: Indices) -> Floats:
        """For each pair of feature and cut, the threshold that sends codes <= the cut left."""
        found = self.edges[features, np.clip(cuts, 0, MAX_BINS - 1)]
        found = np.where(cuts < self.widths[features] - 1, found, EVERYTHING)
        return np.where(cuts < 0, NOTHING, found)

    def cuts(self, features: Int32s, thresholds: Floats) -> Indices:
        """For each pair of feature and threshold, the cut at or just below the threshold."""
        below = (self.edges[features] <= thresholds[:, None]).sum(axis=1) - 1
        return np.where(thresholds == EVERYTHING, self.widths[features] - 1, below)


def bin_rows(rows: Floats, threads: int) -> Bins:
    """Bin float32 rows (n, p).

    If a feature has at most 255 distinct values, there is an edge between any two neighbours
    and no split is lost; otherwise the edges are quantiles.
    """
    from crembo_cli.students.tree.kernels import bin_values

    n, p = rows.shape
    codes = np.empty((p, n), np.uint8)
    edges = np.full((p, MAX_BINS), np.inf, np.float32)
    widths = np.ones(p, np.int64)

    def bin_some(begin: int, end: int) -> None:
        gaps = [find_gaps(rows[:, f]) for f in range(begin, end)]
        widths[begin:end] = [len(low) + 1 for low, _ in gaps]
        # In one call for all features: most of a call's time does not depend on the values.
        found = shortest_between(*(np.concatenate(side) for side in zip(*gaps, strict=True)))
        ends = np.cumsum(widths[begin:end] - 1)
        for f, some in zip(range(begin, end), np.split(found, ends), strict=False):
            edges[f, : len(some)] = some
            bin_values(rows[:, f].copy(), edges[f], codes[f])

    in_threads(bin_some, p, threads, work=n * p)
    return Bins(codes=codes, edges=edges, widths=widths)


def find_edges(column: Floats) -> Floats:
    """Ascending float32 edges, at most 254, for float32 values (n,); NaN is ignored.

    A value is <= an edge in float32 exactly when its code is <= the edge's: trees in onnxruntime
    compare in float32, and edges rounded to nearest flipped real rows.
    """
    return shortest_between(*find_gaps(column))


def find_gaps(column: Floats) -> tuple[Floats, Floats]:
    """The values of `column` next to each of its edges, below and above; see `find_edges`."""
    values = np.sort(column)
    values = values[: np.searchsorted(values, np.inf)]  # NaN sorts last
    starts = np.flatnonzero(values[1:] != values[:-1]) + 1  # of all distinct values but the first
    if len(starts) >= MAX_BINS:
        starts = starts[:: -(-len(starts) // FINE)]
        # A value counts at most as many rows as one bin holds. Otherwise a frequent value would
        # take several quantiles, and the others would get fewer edges.
        counts = np.diff(starts, prepend=0, append=len(values))
        below = np.cumsum(np.minimum(counts, len(values) / MAX_BINS))
        wanted = np.arange(1, MAX_BINS) * (below[-1] / MAX_BINS)
        found = np.searchsorted(below[:-1], wanted)
        starts = starts[np.unique(np.minimum(found, len(starts) - 1))]
    return values[starts - 1], values[starts]


def shortest_between(low: Floats, high: Floats) -> Floats:
    """For each pair of float32 neighbours low < high, the edge between them with fewest digits.

    It lies in the middle half of the gap, so that the distance to both stays large. Read as
    float32 it is >= low and < high: values split as at the midpoint, in memory and in onnxruntime.
    """
    below, above = low.astype(np.float64), high.astype(np.float64)
    middle, quarter = below + (above - below) / 2, (above - below) / 4
    edges = middle.astype(np.float32)
    edges = np.where(edges > middle, np.nextafter(edges, np.float32(-np.inf)), edges)
    found = np.zeros(len(edges), np.bool_)
    size = np.floor(np.log10(np.maximum(np.maximum(np.abs(below), np.abs(above)), 1e-300)))
    for digits in range(MOST_DIGITS):
        # 10 ** exponent is exact where it is a whole number; a decimal is divided by one.
        step = size - digits
        scale, grow = 10.0 ** np.abs(step), step > 0
        scaled = np.where(grow, middle / scale, middle * scale)
        candidate = np.where(grow, np.rint(scaled) * scale, np.rint(scaled) / scale)
        short = candidate.astype(np.float32)
        fits = (np.abs(candidate - middle) <= quarter) & (short >= low) & (short < high)
        edges = np.where(fits & ~found, short, edges)
        found |= fits
    return np.asarray(edges + np.float32(0), np.float32)  # no negative zero
