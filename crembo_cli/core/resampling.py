"""Resampled rows, label noise, and the agreement of predictions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from crembo_cli.arrays import Floats, Indices

BLOCK = 4_096  # rows whose distances are in memory at a time


def draw_resamples(count: int, rows: int, share: float, rng: np.random.Generator) -> list[Indices]:
    """Draw `share` of the row numbers 0..rows-1 without replacement, `count` times: ascending.

    Each draw has at least two rows, and never more than there are.
    """
    size = min(rows, max(2, round(share * rows)))
    return [np.sort(rng.choice(rows, size, replace=False)) for _ in range(count)]


def nearest_real_rows(rows: Floats, synthetic: Floats, scale: Floats) -> Indices:
    """For each of the `synthetic` rows (m, p), the number of the nearest of `rows`: int64 (m,).

    Distances are Euclidean, each feature divided by `scale` (p,); a missing value lies at the
    feature's mean. The nearest row is usually the one that a synthetic row was made from.
    """
    with np.errstate(invalid="ignore"):
        there = np.where(np.isnan(rows), 0, rows)
        means = there.sum(axis=0, dtype=np.float64) / np.maximum((~np.isnan(rows)).sum(axis=0), 1)
    points, others = (
        np.where(np.isnan(part), np.float32(0), (part - means) / scale).astype(np.float32)
        for part in (rows, synthetic)
    )
    squares = np.einsum("ij,ij->i", points, points)
    nearest = np.empty(len(synthetic), np.int64)
    for first in range(0, len(synthetic), BLOCK):
        block = slice(first, first + BLOCK)
        nearest[block] = (squares - 2 * others[block] @ points.T).argmin(axis=1)
    return nearest


def pairwise_agreement(answers: Sequence[Indices]) -> float:
    """The share of rows where two of k >= 2 classifiers agree, averaged over their pairs.

    Each of `answers` holds the class indices (m,) that one of them predicts for the same rows.
    """
    predicted = np.stack(answers)
    k = len(predicted)
    together = 0
    for label in np.unique(predicted):
        count = (predicted == label).sum(axis=0)
        together += int((count * (count - 1)).sum())
    return float(together / (k * (k - 1) * predicted.shape[1]))


def draw_wrong_classes(predicted: Indices, classes: int, rng: np.random.Generator) -> Indices:
    """For each class index in `predicted` (n,), draw another one uniformly."""
    return np.asarray((predicted + rng.integers(1, classes, len(predicted))) % classes)


def swap_beliefs(beliefs: Floats, at: Indices, wrong: Indices) -> Floats:
    """A copy of `beliefs` (n, c) whose rows `at` (k,) believe in the classes `wrong` (k,).

    The wrong class and the class with the largest belief swap their beliefs, so a row stays as
    certain as it was, of another class.
    """
    changed = beliefs.copy()
    top = beliefs[at].argmax(axis=1)
    changed[at, wrong], changed[at, top] = beliefs[at, top], beliefs[at, wrong]
    return changed
