"""A student as text."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from crembo_cli.explanations.text import text_of
from crembo_cli.student_file.metadata import ReadableStudent
from crembo_cli.students.contract import Feature
from crembo_cli.students.scored.columns import Columns
from crembo_cli.students.scored.weights import WeightsStudent
from tests.students.tree.test_rules import tree_of

FEATURES = (Feature(name="age", missing=True), Feature(name="colour", categories=("red", "blue")))


def small_tree() -> ReadableStudent:
    """Two splits, three leaves."""
    tree = tree_of((0, 30.5, True), (1, 0.5, False))
    shares = np.array([[0.5, 0.5], [0.75, 0.25], [0.5, 0.5], [0.25, 0.75], [1, 0]], np.float32)
    tree = replace(tree, probabilities=shares, label=shares.argmax(axis=1))
    return ReadableStudent(
        name="s.onnx",
        student=tree,
        features=FEATURES,
        classes=("no", "yes\x1b[31m"),
        missing_texts=("",),
    )


def test_a_tree_written_out() -> None:
    """Rules with names, categories and class shares; no character that a terminal obeys."""
    assert text_of(small_tree()) == (
        "s.onnx: a tree with 3 leaves, tree depth 2.\n"
        "Each leaf: the predicted class (in parentheses: mean teacher probability by class).\n"
        "\n"
        "age <= 30.5 or missing: no (no 0.75, yes\\x1b[31m 0.25)\n"
        "age > 30.5:\n"
        "|  colour in {red}*: yes\\x1b[31m (yes\\x1b[31m 0.75, no 0.25)\n"
        "|  colour in {blue}: no (no 1.00)\n"
        "* and categories that were not seen in training\n"
    )


def test_a_tree_of_one_leaf() -> None:
    """It says so."""
    explained = replace(small_tree(), student=replace(tree_of(), label=np.array([0])))
    assert text_of(explained).splitlines()[-1] == "always: no (no 0.50, yes\\x1b[31m 0.50)"


def test_of_many_classes_the_first_are_named() -> None:
    """The four largest shares, and the sum of the others."""
    shares = np.array([[0.3, 0.25, 0.2, 0.1, 0.1, 0.05]], np.float32)
    tree = replace(tree_of(), probabilities=shares, label=np.array([0]))
    explained = replace(small_tree(), student=tree, classes=tuple(range(6)))
    assert text_of(explained).endswith("always: 0 (0 0.30, 1 0.25, 2 0.20, 3 0.10, others 0.15)\n")


def small_sums() -> ReadableStudent:
    """Two features, two classes."""
    student = WeightsStudent(
        columns=Columns(
            centre=np.array([40.5, 0.5], np.float32),
            missing=np.array([0]),
            limits=np.array([[18, 0], [90, 1]], np.float32),
        ),
        weights=np.array([[0.5, -0.5], [1, 0], [0.25, 2]], np.float32),
        bias=np.array([0.125, -0.125], np.float32),
        spread=np.ones(3, np.float32),
    )
    return replace(small_tree(), student=student, classes=(0, 1))


def test_weighted_sums_written_out() -> None:
    """Every weight, the means, what a missing value adds, and the codes of the categories."""
    lines = text_of(small_sums()).splitlines()
    assert lines[5] == "The values of colour are red: 0, blue: 1."
    assert lines[7:] == [
        "feature      mean  low  high       0       1",
        "start                         +0.125  -0.125",
        "age          40.5   18    90    +0.5    -0.5",
        "colour        0.5    0     1      +1      +0",
        "age missing                    +0.25      +2",
    ]
