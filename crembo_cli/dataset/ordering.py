"""Categories on a line: those about which the teacher thinks alike stand side by side."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def order_categories(
    codes: NDArray[np.int64], categories: Sequence[str], beliefs: NDArray[np.float32]
) -> tuple[str, ...]:
    """`categories` in the order of the teacher's mean belief on their rows.

    `codes`, int64 (n,), says which category a row has, -1 for none, and each category has a row;
    `beliefs` is (n, c). With two classes the order is that of the mean belief in the second: no
    split of the categories in two parts is better than one of those that this order allows
    (Breiman et al. 1984, section 4.2.2). With more it is that of the first principal direction
    of the categories' mean beliefs, each counting with its rows (Coppersmith, Hong and Hosking
    1999), pointing up in the class that weighs most in it. Ties go by the text.
    """
    k = len(categories)
    seen = codes >= 0
    if k == 0:
        return ()
    counts = np.bincount(codes[seen], minlength=k).astype(np.float64)
    sums = np.stack(
        [np.bincount(codes[seen], weights=p[seen], minlength=k) for p in beliefs.T], axis=1
    )
    means = sums / counts[:, None]
    score = means[:, 1] if beliefs.shape[1] == 2 else _principal(means, counts)
    rank = sorted(range(k), key=lambda i: (round(float(score[i]), 9), categories[i]))
    return tuple(categories[i] for i in rank)


def _principal(means: NDArray[np.float64], counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """The categories' places along the direction in which their means differ most."""
    centred = means - counts @ means / counts.sum()
    _, vectors = np.linalg.eigh(centred.T @ (centred * counts[:, None]))
    direction = vectors[:, -1]
    heaviest = np.argmax(np.round(np.abs(direction), 9))
    places: NDArray[np.float64] = centred @ direction * np.sign(direction[heaviest])
    return places
