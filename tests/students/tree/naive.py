"""The tree's sentences once more, in plain Python on the values themselves: no bins, no sums."""

from __future__ import annotations

from collections.abc import Iterator
from math import isnan, log

import numpy as np

from crembo_cli.arrays import LEAF
from crembo_cli.students.tree.grow import Draft
from crembo_cli.students.tree.model import Tree


def sides(rows: np.ndarray, here: list[int]) -> Iterator[list[int]]:
    """What every split there is sends left of `here`; each of the ways to part them, at least once.

    Cuts lie between any two neighbouring values, below them all and above; NaN goes either way.
    """
    for j in range(rows.shape[1]):
        values = sorted({float(v) for v in rows[:, j] if not isnan(v)})
        missing = [i for i in here if isnan(rows[i, j])]
        for cut in [float("-inf"), *values]:
            left = [i for i in here if rows[i, j] <= cut]
            yield left
            if missing:
                yield left + missing


def entropy(rewards: np.ndarray, some: list[int]) -> float:
    """Entropy in nats of the votes of `some` rows, times their number."""
    shares = [sum(rewards[i, y] / rewards[i].sum() for i in some) for y in range(rewards.shape[1])]
    return sum(share * log(sum(shares) / share) for share in shares if share > 0)


def goes_left(tree: Tree, v: int, row: np.ndarray) -> bool:
    """Which way a row goes at split v."""
    value = row[tree.feature[v]]
    return bool(tree.missing_left[v] if isnan(value) else value <= tree.threshold[v])


def leaf_below(tree: Tree, v: int, row: np.ndarray) -> int:
    """The leaf that a row at node v comes to."""
    while tree.feature[v] != LEAF:
        v = int(tree.left[v] if goes_left(tree, v, row) else tree.right[v])
    return v


def path(tree: Tree, row: np.ndarray) -> list[int]:
    """The nodes that a row passes, the root first."""
    nodes = [0]
    while tree.feature[nodes[-1]] != LEAF:
        v = nodes[-1]
        nodes.append(int(tree.left[v] if goes_left(tree, v, row) else tree.right[v]))
    return nodes


def at_nodes(tree: Tree, rows: np.ndarray) -> dict[int, list[int]]:
    """For each node the rows that pass it."""
    found: dict[int, list[int]] = {v: [] for v in range(len(tree.feature))}
    for i, row in enumerate(rows):
        for v in path(tree, row):
            found[v].append(i)
    return found


def objective(tree: Tree, rows: np.ndarray, rewards: np.ndarray) -> float:
    """The sum over i of rewards[i, f(x_i)]."""
    return sum(
        float(rewards[i, tree.label[leaf_below(tree, 0, row)]]) for i, row in enumerate(rows)
    )


def best_change(
    draft: Draft, tree: Tree, rows: np.ndarray, rewards: np.ndarray, v: int, here: list[int]
) -> float:
    """The most that the rows `here` can earn at split v by another split, all else fixed.

    Over two leaves, their labels may change with it.
    """
    children = int(draft.left[v]), int(draft.left[v]) + 1
    if all(draft.feature[child] == LEAF for child in children):
        return max(
            max(sum(float(rewards[i, y]) for i in left) for y in range(rewards.shape[1]))
            + max(
                sum(float(rewards[i, y]) for i in here if i not in left)
                for y in range(rewards.shape[1])
            )
            for left in map(set, sides(rows, here))
        )
    total_reward = [
        {i: float(rewards[i, tree.label[leaf_below(tree, child, rows[i])]]) for i in here}
        for child in children
    ]
    return max(
        sum(total_reward[0][i] if i in left else total_reward[1][i] for i in here)
        for left in map(set, sides(rows, here))
    )
