"""Values to bins: each feature cut once into at most 255 bins, one code more for missing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crembo_cli.students.contract import Floats
from crembo_cli.students.tree.threads import in_threads

MAX_EDGES = 254  # 255 bins, codes 0 .. 254; code 255 is missing
SAMPLE = 200_000  # quantiles of more rows than this are taken from evenly spaced ones
EVERYTHING = np.finfo(np.float32).max  # a threshold that every finite value goes left of


@dataclass(frozen=True, kw_only=True)
class Bins:
    """n rows of p features as codes, and the edges between them."""

    codes: NDArray[np.uint8]  # (p, n) C order; 255 is missing
    edges: tuple[Floats, ...]  # p ascending arrays; code k means edges[k-1] < value <= edges[k]

    def threshold(self, feature: int, cut: int) -> np.float32:
        """The float32 threshold that sends codes <= `cut` left: exact by `bin_rows`."""
        edges = self.edges[feature]
        return edges[cut] if cut < len(edges) else EVERYTHING

    def cut(self, feature: int, threshold: np.float32) -> int:
        """The largest code that goes left at `threshold`; of the nearest edge from below."""
        below = int(np.searchsorted(self.edges[feature], threshold, side="right")) - 1
        return len(self.edges[feature]) if threshold == EVERYTHING else max(below, 0)


def bin_rows(rows: Floats, threads: int) -> Bins:
    """Bin float32 rows (n, p).

    Where a feature has at most 255 distinct values every midpoint between neighbours is an
    edge, so nothing is lost; otherwise edges lie at quantiles. Midpoints are rounded *down* to
    float32: then a value is <= the edge in float32 exactly when its code is <= the edge's
    (trees in onnxruntime compare in float32; rounding to nearest flipped real rows).
    """
    from crembo_cli.students.tree.kernels import bin_column

    n, p = rows.shape
    codes = np.empty((p, n), np.uint8)
    edges: list[Floats] = [np.empty(0, np.float32)] * p

    def bin_some(begin: int, end: int) -> None:
        for f in range(begin, end):
            column = np.ascontiguousarray(rows[:, f])
            edges[f] = find_edges(column)
            bin_column(column, edges[f], codes[f])

    in_threads(bin_some, p, threads if n * p > 100_000 else 1)
    return Bins(codes=codes, edges=tuple(edges))


def find_edges(column: Floats) -> Floats:
    """Ascending float32 edges, at most 254, for float32 values (n,); NaN is passed over."""
    step = max(1, len(column) // SAMPLE)
    values = np.sort(column[::step])
    values = values[: np.searchsorted(values, np.inf)]  # NaN sorts last
    starts = np.flatnonzero(np.diff(values, prepend=-np.inf) > 0)
    distinct = values[starts]
    if len(distinct) > MAX_EDGES + 1:
        # The gaps between distinct values that lie nearest to evenly spaced row counts.
        wanted = np.arange(1, MAX_EDGES + 1) * len(values) / (MAX_EDGES + 1)
        gaps = np.unique(np.clip(np.searchsorted(starts, wanted), 1, len(distinct) - 1))
    else:
        gaps = np.arange(1, len(distinct))
    below, above = distinct[gaps - 1].astype(float), distinct[gaps].astype(float)
    middle = below + (above - below) / 2
    edges = middle.astype(np.float32)
    down = np.nextafter(edges, np.float32(-np.inf))
    return np.asarray(np.where(edges > middle, down, edges), np.float32)
