"""A tree as text and as JSON."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from crembo_cli.arrays import EVERYTHING, NOTHING
from crembo_cli.students.contract import Feature
from crembo_cli.students.tree.model import Tree
from crembo_cli.students.tree.text import UNSEEN_NOTE, conditions, format_threshold, goes_left
from tests.students.tree.test_rules import tree_of

AGE = Feature(name="age", missing=True)
SIZE = Feature(name="size")
COLOUR = Feature(name="colour", categories=("red", "green", "blue"))


# A split on size, and below its right side one on colour.
TREE = Tree(
    feature=np.array([0, -1, 1, -1, -1], np.int32),
    threshold=np.array([1.5, 0, 0.5, 0, 0], np.float32),
    missing_left=np.zeros(5, np.bool_),
    left=np.array([1, 1, 3, 3, 4], np.int32),
    right=np.array([2, 1, 4, 3, 4], np.int32),
    label=np.array([0, 1, 0, 0, 1]),
    probabilities=np.array([[1, 0], [0.25, 0.75], [1, 0], [0.875, 0.125], [0, 1]], np.float32),
)


@pytest.mark.parametrize(
    ("feature", "threshold", "missing_left", "left", "right"),
    [
        (SIZE, 2.5, True, "size <= 2.5", "size > 2.5"),
        (AGE, 2.5, True, "age <= 2.5 or missing", "age > 2.5"),
        (AGE, 2.5, False, "age <= 2.5", "age > 2.5 or missing"),
        (COLOUR, 0.5, False, "colour in {red}*", "colour in {green, blue}"),
        (COLOUR, -0.5, False, "colour unseen", "colour in {red, green, blue}"),
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
    """The text says where missing values and unseen categories go."""
    assert conditions(threshold, missing_left, feature) == (left, right)


def test_a_tree_is_described_as_indented_rules() -> None:
    """Each leaf with its class and that class's probability; splits below are indented."""
    assert TREE.describe([SIZE, COLOUR], ["no", "yes"]) == "\n".join(
        [
            "size <= 1.5: yes (0.75)",
            "size > 1.5:",
            "|  colour in {red}*: no (0.88)",
            "|  colour in {green, blue}: yes (1.00)",
            UNSEEN_NOTE,
        ]
    )


def test_a_tree_without_splits_is_always_its_class() -> None:
    """The one leaf stands after "always"."""
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
    assert tree.describe([], ["no", "yes"]) == "always: yes (0.80)"


def test_the_full_text_names_every_class_of_a_leaf() -> None:
    """A heading with the sizes, then the rules; classes that round to 0.00 are left out."""
    assert TREE.to_text([SIZE, COLOUR], ["no", "yes"], "a.onnx").splitlines() == [
        "a.onnx: a tree with 3 leaves, tree depth 2.",
        "Each leaf: the predicted class (in parentheses: mean teacher probability by class).",
        "",
        "size <= 1.5: yes (yes 0.75, no 0.25)",
        "size > 1.5:",
        "|  colour in {red}*: no (no 0.88, yes 0.12)",
        "|  colour in {green, blue}: yes (yes 1.00)",
        UNSEEN_NOTE,
    ]


def test_what_cannot_arrive_at_a_split_is_left_out() -> None:
    """Categories and missing values that went another way above are not named below."""
    colour = replace(COLOUR, missing=True)
    tree = tree_of((1, 0.5, True), (1, 1.5, False))
    assert tree.describe([SIZE, colour], ["no", "yes"]).splitlines() == [
        "colour in {red}* or missing: yes (0.50)",
        "colour in {green, blue}:",
        "|  colour in {green}: yes (0.50)",
        "|  colour in {blue}: no (0.50)",
        UNSEEN_NOTE,
    ]
    same = tree_of((1, 0.5, False), (1, 0.5, True))
    assert same.describe([SIZE, colour], ["no", "yes"]).splitlines()[2:4] == [
        "|  colour missing: yes (0.50)",
        "|  colour in {green, blue}: no (0.50)",
    ]


@pytest.mark.parametrize(
    ("threshold", "text"),
    [(30.5, "30.5"), (0.1, "0.1"), (1.1920929e-07, "1.1920929e-7"), (3e20, "3e+20"), (12, "12")],
)
def test_a_threshold_has_the_fewest_digits_that_give_the_same_float32(
    threshold: float, text: str
) -> None:
    """Read back as float32 it is the threshold itself, to the bit."""
    assert format_threshold(threshold) == text
    assert np.float32(text) == np.float32(threshold)


def test_json_nests_the_nodes() -> None:
    """A split states what goes left; a leaf has its class and all probabilities."""
    assert TREE.to_json([SIZE, COLOUR], [0, 1]) == {
        "tree": {
            "feature": 0,
            "goes_left": {"missing": False, "up_to": 1.5},
            "left": {"predicted": 1, "probabilities": [0.25, 0.75]},
            "right": {
                "feature": 1,
                "goes_left": {"missing": False, "not_in": ["green", "blue"]},
                "left": {"predicted": 0, "probabilities": [0.875, 0.125]},
                "right": {"predicted": 1, "probabilities": [0.0, 1.0]},
            },
        }
    }


@pytest.mark.parametrize(
    ("threshold", "left"),
    [
        (EVERYTHING, {"missing": False, "known": True}),
        (NOTHING, {"missing": False, "known": False}),
        (-1.5, {"missing": False, "in": []}),
        (0.5, {"missing": False, "not_in": ["green", "blue"]}),
    ],
)
def test_json_of_what_goes_left(threshold: float, left: dict[str, object]) -> None:
    """A list with unseen categories on its side names the other side."""
    assert goes_left(threshold, False, COLOUR) == left
