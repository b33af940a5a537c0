"""TrainingRows of a teacher that likes large numbers, and contenders for it."""

from __future__ import annotations

import numpy as np

from crembo_cli.search.candidates import Candidate, candidate
from crembo_cli.search.training_rows import TrainingRows


def rows(count: int, seed: int) -> TrainingRows:
    """Rows of two columns; the probability of class 1 rises with their sum."""
    cells = np.random.default_rng(seed).normal(size=(count, 2)).astype(np.float32)
    second = 1 / (1 + np.exp(-4 * cells.sum(axis=1)))
    beliefs = np.stack([1 - second, second], axis=1).astype(np.float32)
    return TrainingRows(rows=cells, beliefs=beliefs, y_true=None, real=count)


def trees(*depths: int) -> list[Candidate]:
    """A tree of each of the tree depths."""
    return [candidate("tree", {"max_depth": str(depth)}) for depth in depths]
