"""Beliefs and depth: the teacher's probability of what a student predicts.

Section 2 of the paper (arXiv 2103.07668). `P` is the beliefs, (n, c), rows sum to 1; `labels`
is what a student predicts, class indices (n,).
"""

from __future__ import annotations

import numpy as np

from crembo_cli.arrays import Floats, Indices, Reals

ROUNDING = 1e-9  # so that delta * n just below a whole number counts as that number


def depth_by_row(P: Reals, labels: Indices) -> Reals:
    """The depth of a student at each row, `P[i, labels[i]]`: (n,), in [0, 1], dtype of P."""
    return np.asarray(P[np.arange(len(labels)), labels])


def insensitive_depth(depths: Reals, delta: float) -> float:
    """The largest d such that at most `delta * n` of `depths` (n,) lie below d.

    `delta` in [0, 1); 0 gives the empirical depth, the minimum (the paper's delta-insensitive
    empirical depth). Raises ValueError for no rows or a delta out of range.
    """
    if len(depths) == 0:
        raise ValueError("the depth over no rows is not defined")
    if not 0 <= delta < 1:
        raise ValueError(f"delta must lie in [0, 1), not {delta}")
    below = rows_left_out(len(depths), delta)
    return float(np.partition(depths, below)[below])


def rows_left_out(rows: int, delta: float) -> int:
    """How many of `rows` rows the insensitive depth at `delta` leaves out."""
    return min(int(np.floor(delta * rows + ROUNDING)), rows - 1)


def empirical_depth(depths: Reals) -> float:
    """The minimum of `depths` (n,): the paper's empirical depth."""
    return insensitive_depth(depths, 0.0)


def mean_belief(depths: Reals) -> float:
    """The mean of `depths` (n,): the objective that soft distillation maximises."""
    return float(np.mean(depths, dtype=np.float64))


def share_of_one_label(P: Reals, thresholds: Reals) -> float:
    """The share of rows with exactly one allowed label at all `thresholds` (ascending)."""
    ends = [(P.dtype.type(each) <= P).sum(axis=1) == 1 for each in thresholds[[0, -1]]]
    return float(np.mean(ends[0] & ends[1]))


def allowed_labels(P: Reals, threshold: float) -> Floats:
    """The rewards at a threshold: 1 where `P >= threshold`, else 0; float32 (n, c).

    A row may have no allowed label at all; the masks nest as the threshold rises.
    """
    # A Python float is compared in the dtype of P, so a belief is allowed at its own value.
    return (P.dtype.type(threshold) <= P).astype(np.float32)
