"""Rows drawn again or wrongly labelled, and how much answers agree then."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from crembo_cli.arrays import Floats, Indices

BLOCK = 4_096  # rows whose distances are held at a time


def resamples(count: int, rows: int, share: float, rng: np.random.Generator) -> list[Indices]:
    """`count` draws of `share` of the row numbers 0..rows-1, without replacement, rising.

    At least two rows are drawn, and never more than there are.
    """
    size = min(rows, max(2, round(share * rows)))
    return [np.sort(rng.choice(rows, size, replace=False)) for _ in range(count)]


def owners(rows: Floats, made: Floats, scale: Floats) -> Indices:
    """For each of `made` (m, p) the number of the nearest of `rows` (n, p): int64 (m,).

    Distances are Euclidean, of the features over `scale` (p,), a missing value lying at the
    feature's mean. A row made from another lies near it, as a rule nearer than to any other.
    """
    with np.errstate(invalid="ignore"):
        there = np.where(np.isnan(rows), 0, rows)
        means = there.sum(axis=0, dtype=np.float64) / np.maximum((~np.isnan(rows)).sum(axis=0), 1)
    points, others = (
        np.where(np.isnan(part), np.float32(0), (part - means) / scale).astype(np.float32)
        for part in (rows, made)
    )
    squares = np.einsum("ij,ij->i", points, points)
    nearest = np.empty(len(made), np.int64)
    for first in range(0, len(made), BLOCK):
        block = slice(first, first + BLOCK)
        nearest[block] = (squares - 2 * others[block] @ points.T).argmin(axis=1)
    return nearest


def pairwise_agreement(answers: Sequence[Indices]) -> float:
    """The share of rows where two of k >= 2 classifiers agree, averaged over their pairs.

    Each of `answers` holds the class indices (m,) that one of them says of the same rows.
    """
    predicted = np.stack(answers)
    k = len(predicted)
    together = 0
    for label in np.unique(predicted):
        count = (predicted == label).sum(axis=0)
        together += int((count * (count - 1)).sum())
    return float(together / (k * (k - 1) * predicted.shape[1]))


def wrong_classes(predicted: Indices, classes: int, rng: np.random.Generator) -> Indices:
    """For each class index in `predicted` (n,) another one, each of the others as often."""
    return np.asarray((predicted + rng.integers(1, classes, len(predicted))) % classes)


def with_wrong_beliefs(beliefs: Floats, at: Indices, wrong: Indices) -> Floats:
    """`beliefs` (n, c) where on rows `at` (k,) the class `wrong` (k,) is the one believed in.

    It takes the belief of the class that had the largest, which gets its: a row stays as sure
    as it was, of something else.
    """
    changed = beliefs.copy()
    top = beliefs[at].argmax(axis=1)
    changed[at, wrong], changed[at, top] = beliefs[at, top], beliefs[at, wrong]
    return changed
