"""TAO on probabilities, alone and together with labels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crembo_cli.students.tree.bins import bin_rows
from crembo_cli.students.tree.family import TreeFamily
from crembo_cli.students.tree.grow import exact_rewards, grow
from crembo_cli.students.tree.model import Tree
from crembo_cli.students.tree.refine_worth import refine_worth
from tests.students.tree.tables import Table, tables

PASSES = 20


def naive_objective(
    tree: Tree, table: Table, beliefs: np.ndarray, utilities: np.ndarray, weights: list[float]
) -> float:
    """Weighted utility and log-likelihood by a loop over the leaves and their rows."""
    leaf, total = tree.leaves_of(table.rows), 0.0
    for v in np.unique(leaf):
        here = beliefs[leaf == v].astype(float)
        q = here.sum(axis=0) / here.sum()
        for row in here:
            total += weights[0] * float(row @ utilities[:, tree.label[v]])
            total += weights[1] * sum(p * np.log(k) for p, k in zip(row, q, strict=True) if p > 0)
    return total


@settings(deadline=None)
@given(tables, st.integers(1, 4), st.sampled_from([(0.0, 1.0), (1.0, 0.3)]), st.booleans())
def test_the_objective_never_falls(
    table: Table, depth: int, weights: tuple[float, float], costs: bool
) -> None:
    """Pass after pass it rises or stays, and it is what a loop over the rows finds."""
    beliefs = exact_rewards(table.beliefs)
    c = beliefs.shape[1]
    utilities = np.eye(c)
    if costs:
        utilities = np.where(utilities > 0, 1.0, np.linspace(0, 0.9, c * c).reshape(c, c))
    draft = grow(table.bins, beliefs, depth, 1)
    found = refine_worth(draft, table.bins, beliefs, utilities, weights, PASSES, 1)
    assert found == sorted(found)
    tree = draft.to_tree(table.bins, c)
    wanted = naive_objective(tree, table, beliefs, utilities, list(weights))
    assert found[-1] == pytest.approx(wanted, rel=1e-6, abs=1e-6)


def test_passes_find_what_growth_misses() -> None:
    """An exclusive or of probabilities of a rare class, which greedy growth misses, is found."""
    rng = np.random.default_rng(3)
    rows = rng.uniform(-1, 1, (2000, 3)).astype(np.float32)
    crossed = (rows[:, 0] > 0) ^ (rows[:, 1] > 0)
    second = np.where(crossed, 0.3, 0.02).astype(np.float32)
    beliefs = exact_rewards(np.column_stack([1 - second, second]))
    bins = bin_rows(rows, 1)
    found = refine_worth(grow(bins, beliefs, 3, 1), bins, beliefs, np.eye(2), (0.0, 1.0), 15, 1)
    best = float((beliefs * np.log(beliefs)).sum(dtype=float))
    assert found[0] < 1.15 * best
    assert found[-1] > 1.05 * best


@pytest.mark.parametrize("objective", ["labels", "scores"])
def test_the_number_of_threads_does_not_matter(objective: str) -> None:
    """One thread or three: the same tree."""
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(30_000, 8)).astype(np.float32)
    second = 1 / (1 + np.exp(3 - rows[:, 0] - rows[:, 1] * rows[:, 2]))
    beliefs = np.column_stack([1 - second, second]).astype(np.float32)
    table = Table(rows=rows, beliefs=beliefs, rewards=beliefs)
    trees = []
    for threads in (1, 3):
        task = table.task(threads=threads, objective=objective)
        learner = TreeFamily(max_depth=6, max_leaves=12).learner(task)
        trees.append(learner.finish(learner.fit(task.beliefs)))
    for name, values in vars(trees[0]).items():
        assert np.array_equal(values, getattr(trees[1], name)), name
