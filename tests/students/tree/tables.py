"""Small random tables with everything in them that a tree must take."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from crembo_cli.students.contract import Task
from crembo_cli.students.tree.bins import Bins, bin_rows
from crembo_cli.students.tree.family import TreeFamily, TreeLearner
from crembo_cli.students.tree.grow import exact_rewards
from crembo_cli.students.tree.model import Tree


@dataclass(frozen=True)
class Table:
    """n rows, their beliefs, and rewards made of these as along a path."""

    rows: np.ndarray  # (n, p) float32
    beliefs: np.ndarray  # (n, c) float32
    rewards: np.ndarray  # (n, c) float32, exact

    @property
    def bins(self) -> Bins:
        """The rows, binned."""
        return bin_rows(self.rows, 1)

    def task(self, **more: object) -> Task:
        """A task of the first two thirds of the rows; the others are held."""
        cut = -(-2 * len(self.rows) // 3)
        parts = {
            "rows": self.rows[:cut],
            "beliefs": self.beliefs[:cut],
            "validation_rows": self.rows[cut:],
            "validation_beliefs": self.beliefs[cut:],
        }
        return Task(**{**parts, **more})


def table(seed: int, most_rows: int = 30) -> Table:
    """One table: cells missing, tied, constant, one column empty; masks with empty rows."""
    rng = np.random.default_rng(seed)
    n, p, c = rng.integers(1, most_rows + 1), rng.integers(1, 5), rng.integers(2, 7)
    rows = rng.normal(size=(n, p)).astype(np.float32)
    for j in range(p):
        kind = rng.integers(6)
        if kind == 0:
            rows[:, j] = rng.integers(0, 4, n)
        elif kind == 1:
            rows[:, j] = np.nan if rng.random() < 0.5 else 1.25
        elif kind <= 3:
            rows[rng.random(n) < 0.3, j] = np.nan
    beliefs = rng.dirichlet(np.full(c, rng.choice([0.3, 2.0])), n).astype(np.float32)
    beliefs[rng.random(n) < 0.2] = np.eye(c, dtype=np.float32)[rng.integers(c)]
    kind = rng.integers(3)
    threshold = np.float32(rng.random())
    rewards = beliefs if kind else (beliefs >= threshold).astype(np.float32)
    return Table(rows=rows, beliefs=beliefs, rewards=exact_rewards(rewards))


tables = st.integers(0, 2**32 - 1).map(table)


def students(drawn: Table, depth: int) -> list[tuple[TreeLearner, Tree]]:
    """A student of the beliefs, one of a mask from there, and both finished."""
    learner = TreeFamily(max_depth=depth).learner(drawn.task())
    first = learner.fit(learner.task.beliefs)
    second = learner.fit(drawn.rewards[: len(learner.task.rows)], first)
    return [(learner, tree) for tree in (first, second, *map(learner.finish, (first, second)))]
