"""Draw rows of a table by a hash of their numbers, each stratum in proportion."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crembo_cli.arrays import Indices

CHUNK = 1 << 20  # rows hashed at a time: memory does not grow with the table
LAST = np.iinfo(np.uint64).max
Codes = NDArray[np.signedinteger[Any]]
Hashes = NDArray[np.uint64]


def draw_rows(rows: int, count: int, seed: int, strata: Codes | None = None) -> Indices:
    """Return the numbers of `count` of `rows` rows, int64, increasing; all of them if fewer.

    `strata`, integers from -1 (rows,), is the class of each row: each class is drawn in
    proportion, to within one row. Of a class, the rows with the smallest hashes of row number and
    `seed` are drawn, so that a draw depends on nothing but these numbers.
    """
    if count >= rows:
        return np.arange(rows)

    def classes_of(numbers: Indices) -> Indices:
        return np.zeros(len(numbers), np.int64) if strata is None else strata[numbers] + np.int64(1)

    sizes = np.zeros(2 if strata is None else int(strata.max()) + 2, np.int64)
    for new in _chunks(rows):
        sizes += np.bincount(classes_of(new), minlength=len(sizes))
    wanted = _quotas(sizes, count)
    below = np.where(wanted > 0, LAST, 0).astype(np.uint64)  # no hash from here on can be drawn
    numbers, hashes = np.empty(0, np.int64), np.empty(0, np.uint64)
    for new in _chunks(rows):
        hashed = hash_rows(new, seed)
        near = hashed < below[classes_of(new)]
        numbers = np.concatenate([numbers, new[near]])
        hashes = np.concatenate([hashes, hashed[near]])
        classes = classes_of(numbers)
        order = np.lexsort((hashes, classes))
        begins = np.searchsorted(classes[order], np.arange(len(wanted)))
        place = np.arange(len(order)) - begins[classes[order]]
        kept = order[place < wanted[classes[order]]]
        last = order[place + 1 == wanted[classes[order]]]
        below[classes[last]] = hashes[last]
        numbers, hashes = numbers[kept], hashes[kept]
    return np.sort(numbers)


def _chunks(rows: int) -> Iterator[Indices]:
    """Generate the numbers of all rows, CHUNK at a time."""
    for start in range(0, rows, CHUNK):
        yield np.arange(start, min(start + CHUNK, rows))


def hash_rows(numbers: Indices, seed: int) -> Hashes:
    """Hash row numbers with `seed`, uint64 (n,): SplitMix64 (Steele, Lea & Flood 2014)."""
    with np.errstate(over="ignore"):
        mixed: Hashes = np.full(1, seed, np.uint64)
        for each in (np.zeros(1, np.uint64), numbers.astype(np.uint64)):
            mixed = (mixed + each + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
            mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            mixed ^= mixed >> np.uint64(31)
    return mixed


def _quotas(sizes: Indices, count: int) -> Indices:
    """Share `count` rows among classes of these sizes: the largest remainders are rounded up."""
    shares = sizes * (count / sizes.sum())
    quotas: Indices = np.floor(shares).astype(np.int64)
    left = np.argsort(quotas - shares, kind="stable")[: count - int(quotas.sum())]
    quotas[left] += 1
    return quotas
