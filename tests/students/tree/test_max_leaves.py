"""A tree is grown deeper than it is kept, and pruned to a number of leaves exactly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from crembo_cli.students.contract import Task
from crembo_cli.students.tree.family import TreeFamily
from crembo_cli.students.tree.model import Tree
from crembo_cli.students.tree.prune import prune_to_leaves

CLASSES = 2


def full_tree() -> Tree:
    """A tree of three levels of splits on one feature, values 0 to 7, labels 0 and 1 in turn."""
    return Tree(
        feature=np.array([0] * 7 + [-1] * 8, np.int32),
        threshold=np.array([3, 1, 5, 0, 2, 4, 6] + [0] * 8, np.float32),
        missing_left=np.zeros(15, np.bool_),
        left=np.array([1, 3, 5, 7, 9, 11, 13, *range(7, 15)], np.int32),
        right=np.array([2, 4, 6, 8, 10, 12, 14, *range(7, 15)], np.int32),
        label=np.array([0] * 7 + [0, 1] * 4),
        probabilities=np.full((15, CLASSES), 0.5, np.float32),
    )


def prunings(
    tree: Tree, validation: NDArray[np.float64], alone: NDArray[np.int64], v: int = 0
) -> Iterator[tuple[int, float]]:
    """Leaves and earnings of every tree that the subtree at v can be pruned to."""
    says = tree.label[v] if tree.is_leaf()[v] else alone[v]
    yield 1, validation[v, says]
    if not tree.is_leaf()[v]:
        for left, below in prunings(tree, validation, alone, int(tree.left[v])):
            for right, above in prunings(tree, validation, alone, int(tree.right[v])):
                yield left + right, below + above


@given(
    cells=st.lists(st.tuples(*[st.integers(0, 9)] * 4), min_size=8, max_size=8),
    most=st.integers(1, 9),
)
def test_no_pruning_of_so_few_leaves_earns_more(cells: list[tuple[int, ...]], most: int) -> None:
    """No pruning within `most` has more mean belief on validation rows, or as much with fewer."""
    tree = full_tree()
    sums = np.zeros((15, 4))
    sums[7:] = cells
    for v in range(6, -1, -1):
        sums[v] = sums[tree.left[v]] + sums[tree.right[v]]
    fitted, validation = sums[:, :CLASSES], sums[:, CLASSES:]
    possible = [
        each for each in prunings(tree, validation, fitted.argmax(axis=1)) if each[0] <= most
    ]
    wanted = max(possible, key=lambda each: (each[1], -each[0]))
    alone, each = fitted.argmax(axis=1), np.arange(15)
    found, stayed = prune_to_leaves(
        tree, alone, validation[each, alone], validation[each, tree.label], most
    )
    leaves = np.flatnonzero(found.is_leaf())
    total_reward = validation[stayed[leaves], found.label[leaves]].sum()
    assert (len(leaves), total_reward) == wanted


def steps() -> Task:
    """One feature whose class turns at every tenth of it."""
    rows = np.linspace(0, 1, 2000, endpoint=False, dtype=np.float32)[:, None]
    odd = np.floor(rows[:, 0] * 10) % 2 == 1
    beliefs = np.where(odd[:, None], [0.2, 0.8], [0.8, 0.2]).astype(np.float32)
    return Task(
        rows=rows,
        beliefs=beliefs,
        validation_rows=rows[::7].copy(),
        validation_beliefs=beliefs[::7].copy(),
    )


@pytest.mark.parametrize("most", [2, 5, 10])
@pytest.mark.parametrize("validation", [True, False])
def test_a_fitted_tree_has_no_more_leaves(most: int, validation: bool) -> None:
    """Every fit keeps to `max_leaves`, with validation rows and without."""
    task = steps()
    if not validation:
        task = replace(task, validation_rows=task.rows[:0], validation_beliefs=task.beliefs[:0])
    learner = TreeFamily(max_depth=8, max_leaves=most).learner(task)
    student = learner.fit(task.beliefs)
    assert student.size()["leaves"] <= most
    again = learner.fit((task.beliefs > 0.5).astype(np.float32), start=student)
    assert learner.finish(again).size()["leaves"] <= most
    predicted = task.beliefs[np.arange(len(task.rows)), student.predict(task.rows)]
    # Each leaf more can set one tenth right, which earns .03; growth is greedy.
    assert predicted.mean() > 0.5 + (most - 1) * 0.025
