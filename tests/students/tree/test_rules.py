"""The conditions on the rows of a leaf."""

from __future__ import annotations

import numpy as np
import pytest

from crembo_cli.students.contract import Feature
from crembo_cli.students.tree.model import Tree

AGE = Feature(name="age", missing=True)
COLOUR = Feature(name="colour", categories=("red", "green", "blue"))
LARGEST = float(np.finfo(np.float32).max)


def tree_of(*splits: tuple[int, float, bool]) -> Tree:
    """A tree whose left children are leaves: split k stands at node 2k, its leaf at 2k + 1."""
    m = 2 * len(splits) + 1
    feature, threshold = np.full(m, -1, np.int32), np.zeros(m, np.float32)
    left, right = np.arange(m, dtype=np.int32), np.arange(m, dtype=np.int32)
    missing = np.zeros(m, np.bool_)
    for k, (column, at, missing_left) in enumerate(splits):
        feature[2 * k], threshold[2 * k], missing[2 * k] = column, at, missing_left
        left[2 * k], right[2 * k] = 2 * k + 1, 2 * k + 2
    return Tree(
        feature=feature,
        threshold=threshold,
        missing_left=missing,
        left=left,
        right=right,
        label=np.arange(m) % 2,
        probabilities=np.full((m, 2), 0.5, np.float32),
    )


@pytest.mark.parametrize(
    ("splits", "leaf", "rule"),
    [
        ((), 0, "always"),
        (((0, 30.5, False),), 1, "age <= 30.5"),
        (((0, 30.5, False),), 2, "(age > 30.5 or missing)"),
        (((0, 30.5, True), (0, 60, True)), 3, "30.5 < age <= 60"),
        (((1, 0.5, False), (1, 1.5, False)), 3, "colour in {green}"),
        (((1, 0.5, False),), 1, "colour in {red}*"),
        (((1, -0.5, False),), 1, "colour unseen"),
        (((1, 0.5, False), (0, 3, True)), 3, "(age <= 3 or missing) and colour in {green, blue}"),
        (((0, LARGEST, False),), 1, "age known"),
        (((0, LARGEST, False),), 2, "age missing"),
    ],
)
def test_conditions_are_merged_by_feature(
    splits: tuple[tuple[int, float, bool], ...], leaf: int, rule: str
) -> None:
    """Missing values and unseen categories are named where they pass."""
    assert tree_of(*splits).group_text(leaf, (AGE, COLOUR)) == rule
