"""Exact bounds on a share, from rows that nothing was fitted on or chosen by."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def share_at_most(hits: ArrayLike, rows: int, confidence: float) -> NDArray[np.float64]:
    """The upper bound on a share of which `hits` of `rows` independent draws were seen.

    Clopper & Pearson 1934, one-sided: whatever the true share is, the bound lies below it with
    a chance of at most 1 - `confidence`. `hits` are whole numbers in [0, rows], rows >= 1.
    """
    from scipy.special import betaincinv

    k = np.asarray(hits, np.float64)
    # At k = rows every share is possible; the beta distribution has no second parameter then.
    found = betaincinv(k + 1, np.maximum(rows - k, 0.5), confidence)
    return np.where(k >= rows, 1.0, found)


def share_at_least(hits: int, rows: int, confidence: float) -> float:
    """The lower bound on a share: one less the upper bound on what was not hit."""
    return float(1.0 - share_at_most(rows - hits, rows, confidence))
