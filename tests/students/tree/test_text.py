"""A tree for a reader."""

from __future__ import annotations

import numpy as np
import pytest

from crembo_cli.students.contract import Feature
from crembo_cli.students.tree.bins import EVERYTHING, NOTHING
from crembo_cli.students.tree.model import Tree
from crembo_cli.students.tree.text import conditions, tree_text

AGE = Feature(name="age", missing=True)
SIZE = Feature(name="size")
COLOUR = Feature(name="colour", categories=("red", "green", "blue"))


def stump(threshold: float, missing_left: bool) -> Tree:
    """One split on feature 0."""
    return Tree(
        feature=np.array([0, -1, -1], np.int32),
        threshold=np.array([threshold, 0, 0], np.float32),
        missing_left=np.array([missing_left, False, False]),
        left=np.array([1, 1, 2], np.int32),
        right=np.array([2, 1, 2], np.int32),
        label=np.array([0, 1, 0]),
        probabilities=np.array([[0.5, 0.5], [0.25, 0.75], [0.9, 0.1]], np.float32),
    )


@pytest.mark.parametrize(
    ("feature", "threshold", "missing_left", "left", "right"),
    [
        (SIZE, 2.5, True, "size <= 2.5", "size > 2.5"),
        (AGE, 2.5, True, "age <= 2.5 or missing", "age > 2.5"),
        (AGE, 2.5, False, "age <= 2.5", "age > 2.5 or missing"),
        (COLOUR, 0.5, False, "colour in {red, unseen}", "colour in {green, blue}"),
        (COLOUR, -0.5, False, "colour in {unseen}", "colour in {red, green, blue}"),
        (AGE, EVERYTHING, False, "age known", "age missing"),
        (AGE, NOTHING, True, "age missing", "age known"),
        (COLOUR, EVERYTHING, False, "colour known", "colour missing"),
        (SIZE, EVERYTHING, True, "always", "never"),
        (SIZE, NOTHING, False, "never", "always"),
    ],
)
def test_both_sides_of_a_split(
    feature: Feature, threshold: float, missing_left: bool, left: str, right: str
) -> None:
    """Missing values and unseen categories are told where they go."""
    assert conditions(stump(threshold, missing_left), 0, feature) == (left, right)


def test_a_tree_is_told_side_by_side() -> None:
    """Each leaf with its class and that class's probability; splits below are indented."""
    tree = Tree(
        feature=np.array([0, -1, 1, -1, -1], np.int32),
        threshold=np.array([1.5, 0, 0.5, 0, 0], np.float32),
        missing_left=np.zeros(5, np.bool_),
        left=np.array([1, 1, 3, 3, 4], np.int32),
        right=np.array([2, 1, 4, 3, 4], np.int32),
        label=np.array([0, 1, 0, 0, 1]),
        probabilities=np.array([[1, 0], [0.25, 0.75], [1, 0], [0.9, 0.1], [0, 1]], np.float32),
    )
    assert tree_text(tree, [SIZE, COLOUR], ["no", "yes"]) == "\n".join(
        [
            "size <= 1.5: yes (0.75)",
            "size > 1.5:",
            "|  colour in {red, unseen}: no (0.90)",
            "|  colour in {green, blue}: yes (1.00)",
        ]
    )


def test_a_lone_leaf_is_always() -> None:
    """A tree without splits says one thing."""
    leaf = np.zeros(1, np.int32)
    tree = Tree(
        feature=leaf - 1,
        threshold=np.zeros(1, np.float32),
        missing_left=np.zeros(1, np.bool_),
        left=leaf,
        right=leaf,
        label=np.array([1]),
        probabilities=np.array([[0.2, 0.8]], np.float32),
    )
    assert tree_text(tree, [], ["no", "yes"]) == "always: yes (0.80)"
