"""Find the best threshold on sums: every place between two values is tried."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crembo_cli.students.contract import Floats, Indices


@dataclass(frozen=True, kw_only=True, eq=False)
class Cut:
    """A threshold on sums, and the reward of the node with it."""

    threshold: np.float32
    total_reward: float
    labels: tuple[int, int] | None  # of the two leaves, if they were chosen with the cut


def cut_by_gain(sums: Floats, gain: Floats) -> Cut | None:
    """Return the cut whose left side has the largest summed gain; None if all sums are equal."""
    order = np.argsort(sums, kind="stable")
    ends = _ends(sums[order])
    if len(ends) == 0:
        return None
    total_reward = np.cumsum(gain[order], dtype=np.float64)[ends]
    best = int(np.argmax(total_reward))
    return Cut(
        threshold=_between(sums[order], ends[best]),
        total_reward=float(total_reward[best]),
        labels=None,
    )


def cut_by_labels(sums: Floats, rewards: Floats) -> Cut | None:
    """Return the cut with the largest reward if each side has its best label; None as above."""
    order = np.argsort(sums, kind="stable")
    ends = _ends(sums[order])
    if len(ends) == 0:
        return None
    summed = np.cumsum(rewards[order], axis=0, dtype=np.float64)
    left, right = summed[ends], summed[-1] - summed[ends]
    total_reward = left.max(axis=1) + right.max(axis=1)
    best = int(np.argmax(total_reward))
    return Cut(
        threshold=_between(sums[order], ends[best]),
        total_reward=float(total_reward[best]),
        labels=(int(left[best].argmax()), int(right[best].argmax())),
    )


def _ends(ascending: Floats) -> Indices:
    """The places at which a run of equal values ends."""
    return np.flatnonzero(ascending[1:] > ascending[:-1])


def _between(ascending: Floats, end: int) -> np.float32:
    """The middle between a value and the next, rounded down, so that the next is above it."""
    low, high = ascending[end : end + 2].astype(np.float64)
    middle = np.float32((low + high) / 2)
    return np.float32(low) if middle >= high else middle
