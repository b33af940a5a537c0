"""The baselines: CART trees of the size that was requested."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from crembo_cli.evaluation.baselines import (
    BaselineRows,
    TreeSize,
    fit_baselines,
    requested_size,
)
from crembo_cli.evaluation.metrics import Prediction
from crembo_cli.search.training_rows import TrainingRows, limit_total
from crembo_cli.students.contract import Floats
from crembo_cli.students.registry import make_family
from tests.robustness.small_runs import small_parts

TREE = {"tree_depth": 3, "leaves": 6, "nodes": 11}
CONSTANT = {"tree_depth": 0, "leaves": 1, "nodes": 1}


@pytest.mark.parametrize(
    ("family", "settings", "depth", "leaves", "text"),
    [
        ("tree", {}, 5, None, "depth 5"),
        ("tree", {"max_depth": "3"}, 3, None, "depth 3"),
        ("tree", {"max_leaves": "12"}, None, 12, "12 leaves"),
        ("tree", {"max_depth": "8", "max_leaves": "16"}, 8, 16, "depth 8, 16 leaves"),
        ("tree", {"max_depth": "2", "max_leaves": "4"}, 2, None, "depth 2"),
        ("oblique", {"max_depth": "2"}, 2, None, "depth 2"),
    ],
)
def test_a_tree_is_compared_with_trees_of_the_requested_size(
    family: str, settings: dict[str, str], depth: int | None, leaves: int | None, text: str
) -> None:
    """The size does not depend on the student: it may be a single leaf."""
    made = make_family(family, settings)
    for size in (TREE, CONSTANT):
        found = requested_size(made, {**size, "parameters": 9})
        assert (found.max_depth, found.max_leaves) == (depth, leaves)
        assert found.text() == text


@pytest.mark.parametrize(
    ("family", "settings", "leaves"),
    [
        ("linear", {}, 16),
        ("additive", {}, 16),
        ("mlp", {}, 16),
        ("rules", {}, 16),
        ("rules", {"max_rules": "4"}, 5),
    ],
)
def test_other_students_are_compared_with_trees_of_16_leaves(
    family: str, settings: dict[str, str], leaves: int
) -> None:
    """A list of rules has a budget of its own."""
    found = requested_size(make_family(family, settings), {"parameters": 40})
    assert found == TreeSize(max_depth=None, max_leaves=leaves)


def test_several_trees_are_not_one_tree() -> None:
    """The tree depth of a boosted student is that of its trees, and no limit of a baseline."""
    size = {"tree_depth": 3, "leaves": 320, "nodes": 600, "parameters": 900}
    assert requested_size(make_family("boosted", {}), size) == TreeSize(
        max_depth=None, max_leaves=16
    )


@dataclass(frozen=True)
class Plugged:
    """A family of somebody else, with a limit of leaves alone."""

    max_leaves: int = 7


def test_a_plugin_is_read_by_the_names_of_its_options() -> None:
    """`max_leaves` counts for a family that nobody here knows."""
    family: Any = Plugged()
    assert requested_size(family, {**TREE, "parameters": 9}).text() == "7 leaves"


def rows_and_test() -> tuple[BaselineRows, Floats]:
    """Training rows with missing cells, 30 of them synthetic, and test rows."""
    parts = small_parts()
    train = parts.train
    fitted = BaselineRows(
        rows=np.vstack([train.rows, train.rows[:30] + 1]),
        beliefs=np.vstack([train.beliefs, train.beliefs[:30]]),
        real=train.rows,
        y_true=train.y_true,
    )
    return fitted, parts.test.rows


def predict(fitted: BaselineRows, test: Floats, size: TreeSize) -> dict[str, Prediction]:
    """What the baselines predict for `test`."""
    return {name: each.predict(test) for name, each in fit_baselines(fitted, size).items()}


@pytest.mark.parametrize(
    "size", [TreeSize(max_depth=2, max_leaves=None), TreeSize(max_depth=None, max_leaves=6)]
)
def test_baselines_are_the_trees_of_scikit_learn(size: TreeSize) -> None:
    """One on the labels of the real rows, one on the teacher's labels and one soft on all rows.

    No feature has more than 255 values, so that no split is lost.
    """
    fitted, _ = rows_and_test()
    test = fitted.rows  # between two of them, trees may cut in other places
    found = predict(fitted, test, size)
    limits: dict[str, Any] = {
        "max_depth": size.max_depth,
        "max_leaf_nodes": size.max_leaves,
        "random_state": 3,
    }
    labels = DecisionTreeClassifier(**limits).fit(fitted.real, fitted.y_true)
    teacher = DecisionTreeClassifier(**limits).fit(fitted.rows, fitted.beliefs.argmax(axis=1))
    soft = DecisionTreeRegressor(**limits).fit(fitted.rows, fitted.beliefs)
    for name, expected in (
        ("baseline_labels", labels.predict_proba(test)),
        ("baseline_teacher", teacher.predict_proba(test)),
        ("baseline_soft", soft.predict(test)),
    ):
        assert found[name].probabilities == pytest.approx(expected)
        assert found[name].labels.tolist() == expected.argmax(axis=1).tolist()


def test_two_classes_take_one_column_of_probabilities() -> None:
    """The soft tree is that of both columns; rows sum to 1."""
    fitted, test = rows_and_test()
    first = fitted.beliefs[:, :1]
    fitted = replace(fitted, beliefs=np.hstack([first, 1 - first]), y_true=None)
    size = TreeSize(max_depth=2, max_leaves=None)
    found = predict(fitted, test, size)
    assert found.keys() == {"baseline_teacher", "baseline_soft"}
    soft = DecisionTreeRegressor(max_depth=2, random_state=0).fit(fitted.rows, fitted.beliefs)
    assert found["baseline_soft"].probabilities == pytest.approx(soft.predict(test), abs=1e-6)


def test_a_class_without_rows_gets_a_probability_of_0() -> None:
    """Labels of two of three classes: the columns stay in their places."""
    fitted, test = rows_and_test()
    assert fitted.y_true is not None
    fitted = replace(fitted, y_true=np.where(fitted.y_true == 1, 2, fitted.y_true))
    found = predict(fitted, test, TreeSize(max_depth=3, max_leaves=None))
    probabilities = found["baseline_labels"].probabilities
    assert probabilities is not None
    assert probabilities[:, 1].max() == 0.0
    assert probabilities.sum(axis=1) == pytest.approx(1.0)


def test_baselines_are_fitted_on_as_many_rows_as_the_path() -> None:
    """Of more rows, a sample: real and synthetic ones, training and validation, in proportion."""
    rows = np.arange(1_000, dtype=np.float32)[:, None]
    part = TrainingRows(
        rows=rows, beliefs=np.hstack([rows, -rows]), y_true=np.arange(600), real=600
    )
    assert limit_total((part, part), 2_000, 0) == [part, part]
    for each in limit_total((part, part), 500, 0):
        assert len(each.rows) == len(each.beliefs) == 250
        assert 130 < each.real < 170
        assert each.y_true is not None
        assert np.array_equal(each.rows[: each.real, 0], each.y_true)
        assert (each.rows[each.real :] >= 600).all()
