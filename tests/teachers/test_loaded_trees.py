"""Forged trees, which scikit-learn would follow out of its memory."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    StackingClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from sklearn.tree._tree import Tree

from crembo_cli.errors import TeacherError
from crembo_cli.teachers.pickles.loaded_trees import check_trees

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(200, 4))
KIND = (ROWS[:, 0] + ROWS[:, 1] > 0).astype(int) + (ROWS[:, 2] > 1)
FAMILIES = [
    DecisionTreeClassifier(max_depth=3, random_state=0),
    DecisionTreeClassifier(max_leaf_nodes=5, random_state=0),
    RandomForestClassifier(3, max_depth=3, random_state=0),
    ExtraTreesClassifier(3, max_depth=3, random_state=0),
    GradientBoostingClassifier(n_estimators=2, random_state=0),
    HistGradientBoostingClassifier(max_iter=2, random_state=0),
    make_pipeline(StandardScaler(), RandomForestClassifier(2, max_depth=2, random_state=0)),
    StackingClassifier(
        [("a", DecisionTreeClassifier(max_depth=2, random_state=0))], LogisticRegression(), cv=2
    ),
    LogisticRegression(),
]


@pytest.mark.parametrize("model", FAMILIES, ids=lambda model: type(model).__name__)
def test_honest_trees_pass(model: BaseEstimator) -> None:
    """Whatever scikit-learn grew is accepted."""
    check_trees(model.fit(ROWS, KIND))


def forged(**changes: Any) -> DecisionTreeClassifier:
    """A fitted tree with some fields of node 0 changed."""
    model = DecisionTreeClassifier(max_depth=3, random_state=0).fit(ROWS, KIND)
    state = model.tree_.__getstate__()
    nodes = state["nodes"].copy()
    for field, value in changes.items():
        nodes[field][0] = value
    tree = Tree(4, np.array([3]), 1)
    tree.__setstate__({**state, "nodes": nodes})
    model.tree_ = tree
    return model


@pytest.mark.parametrize(
    ("field", "value", "found"),
    [
        ("left_child", 10**6, "node 0 of 15 with the child 1000000"),
        ("right_child", -5, "node 0 of 15 with the child -5"),
        ("left_child", 0, "node 0 of 15 with the child 0"),
        ("feature", 4, "a split by feature 4 of 4"),
        ("feature", -7, "a split by feature -7 of 4"),
    ],
)
def test_a_tree_that_leads_outside_is_refused(field: str, value: int, found: str) -> None:
    """Nodes and features outside the tree, and circles, are named before they are followed."""
    with pytest.raises(TeacherError, match=found):
        check_trees(forged(**{field: value}))


def test_a_forged_tree_is_found_wherever_it_is() -> None:
    """In a forest, in a pipeline, in a stack: every tree is looked at."""
    forest = RandomForestClassifier(3, max_depth=3, random_state=0).fit(ROWS, KIND)
    forest.estimators_[1] = forged(feature=9)
    pipeline = make_pipeline(StandardScaler(), forest)
    for model in (forest, pipeline, {"deep": [(pipeline,)]}):
        with pytest.raises(
            TeacherError, match="damaged or forged; found a split by feature 9 of 4"
        ):
            check_trees(model)


@pytest.mark.parametrize("count", [-5, 0])
def test_a_tree_of_no_nodes_is_refused(count: int) -> None:
    """A tree without a root cannot be entered. (More nodes than there are, scikit-learn cuts.)"""
    model = DecisionTreeClassifier(max_depth=3, random_state=0).fit(ROWS, KIND)
    tree = Tree(4, np.array([3]), 1)
    tree.__setstate__({**model.tree_.__getstate__(), "node_count": count})
    model.tree_ = tree
    with pytest.raises(TeacherError, match=f"found {count} nodes in a room for 15"):
        check_trees(model)


def test_parts_of_other_widths_are_refused() -> None:
    """A forest of 2 features around trees of 4 would read beside the rows."""
    forest = RandomForestClassifier(3, max_depth=3, random_state=0).fit(ROWS, KIND)
    forest.n_features_in_ = 2
    with pytest.raises(TeacherError, match="take 4 and 2 features"):
        check_trees(forest)
    tree = DecisionTreeClassifier(max_depth=2).fit(ROWS, KIND)
    tree.n_features_in_ = 2
    with pytest.raises(TeacherError, match="take 4 and 2 features"):
        check_trees(tree)
    boosting = GradientBoostingClassifier(n_estimators=2).fit(ROWS, KIND)
    boosting.n_trees_per_iteration_ = 1
    with pytest.raises(TeacherError, match="take 3 and 1 features or classes"):
        check_trees(boosting)


@pytest.mark.parametrize(
    ("field", "value", "found"),
    [
        ("left", 10**6, "with the child 1000000"),
        ("right", 0, "with the child 0"),
        ("feature_idx", 4, "a split by feature 4 of 4"),
        ("is_categorical", 1, "a split by categories that are not there"),
    ],
)
def test_forged_boosting_is_refused(field: str, value: int, found: str) -> None:
    """The trees of histogram boosting are records of their own, and are followed as well."""
    model = HistGradientBoostingClassifier(max_iter=2, random_state=0).fit(ROWS, KIND)
    nodes = model._predictors[1][0].nodes
    nodes[field][0] = value
    with pytest.raises(TeacherError, match=found):
        check_trees(model)


def test_categorical_boosting_passes() -> None:
    """Splits by categories that are there are honest."""
    rows = ROWS.copy()
    rows[:, 3] = RNG.integers(0, 5, 200)
    kind = (rows[:, 3] % 2).astype(int)
    model = HistGradientBoostingClassifier(max_iter=3, categorical_features=[3]).fit(rows, kind)
    assert any(p.nodes["is_categorical"].any() for stage in model._predictors for p in stage)
    check_trees(model)
