"""The node indices of loaded trees, checked before scikit-learn follows them unchecked.

scikit-learn's compiled code indexes rows and nodes by what a tree holds; a forged tree makes
it read outside its memory, or run in circles. That a child lies behind its parent holds for
every tree that scikit-learn builds, and rules circles out.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crembo_cli.errors import TeacherError

LEAF = -1  # the child of a leaf, in scikit-learn's trees

Indices = NDArray[np.integer[Any]]


def check_trees(model: Any) -> None:
    """Follows every tree in `model`, a fitted estimator of scikit-learn or what holds some.

    Raises:
        TeacherError: a tree whose nodes or features lead outside it, or whose ensemble takes
            another number of features than the tree.
    """
    if "sklearn.tree" not in sys.modules:  # then nothing that was loaded can be a tree
        return
    from sklearn.ensemble._forest import BaseForest
    from sklearn.ensemble._gb import BaseGradientBoosting
    from sklearn.ensemble._hist_gradient_boosting.gradient_boosting import (
        BaseHistGradientBoosting,
    )
    from sklearn.tree import BaseDecisionTree

    for each in parts(model):
        if isinstance(each, BaseDecisionTree) and hasattr(each, "tree_"):
            _same(each.tree_.n_features, each.n_features_in_)
            _check_tree(each.tree_)
        elif isinstance(each, (BaseForest, BaseGradientBoosting)) and hasattr(each, "estimators_"):
            for tree in np.ravel(each.estimators_):
                _same(tree.n_features_in_, each.n_features_in_)
            if isinstance(each, BaseGradientBoosting):
                _same(np.shape(each.estimators_)[1], each.n_trees_per_iteration_)
        elif isinstance(each, BaseHistGradientBoosting) and hasattr(each, "_predictors"):
            for predictor in (one for stage in each._predictors for one in stage):
                _check_predictor(predictor, each.n_features_in_)


def _check_tree(tree: Any) -> None:
    if not 1 <= tree.node_count <= tree.capacity:
        raise _damaged(f"{tree.node_count} nodes in a room for {tree.capacity}")
    inner = tree.children_left != LEAF
    _check_children(tree.children_left[inner], tree.children_right[inner], inner)
    _check_features(tree.feature[inner], tree.n_features)


def _check_predictor(predictor: Any, features: int) -> None:
    nodes = predictor.nodes
    inner = ~nodes["is_leaf"].astype(bool)
    if not len(nodes):
        raise _damaged("a tree without nodes")
    _check_children(
        nodes["left"][inner].astype(np.int64), nodes["right"][inner].astype(np.int64), inner
    )
    _check_features(nodes["feature_idx"][inner], features)
    categorical = inner & nodes["is_categorical"].astype(bool)
    sets = min(len(predictor.raw_left_cat_bitsets), len(predictor.binned_left_cat_bitsets))
    if (nodes["bitset_idx"][categorical] >= sets).any():
        raise _damaged("a split by categories that are not there")


def _check_children(left: Indices, right: Indices, inner: NDArray[np.bool_]) -> None:
    parents = np.flatnonzero(inner)
    for children in (left, right):
        outside = (children <= parents) | (children >= len(inner))
        if outside.any():
            place = int(outside.argmax())
            raise _damaged(
                f"node {parents[place]} of {len(inner)} with the child {children[place]}"
            )


def _check_features(used: Indices, features: int) -> None:
    outside = (used < 0) | (used >= features)
    if outside.any():
        raise _damaged(f"a split by feature {used[outside][0]} of {features}")


def _same(one: int, other: int) -> None:
    if one != other:
        raise _damaged(f"parts that take {one} and {other} features or classes")


def _damaged(found: str) -> TeacherError:
    return TeacherError(
        "the trees in the file are damaged or forged",
        found=found,
        hint="save the teacher again from where it was fitted",
    )


def parts(root: Any) -> Iterator[Any]:
    """`root` and every object that its attributes and containers lead to, each once.

    Arrays are entered where they hold objects. Nothing is called: attributes are read from
    the objects' own `__dict__`.
    """
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        each = waiting.pop()
        if isinstance(each, (str, bytes, int, float, type(None), type)) or id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        waiting += contents(each)
        waiting += getattr(each, "__dict__", {}).values()


def contents(value: Any) -> list[Any]:
    """What a container or an array of objects holds, keys left out; nothing for all else."""
    if isinstance(value, dict):
        return list(value.values())
    if isinstance(value, (list, tuple, set, frozenset, deque)):
        return list(value)
    if isinstance(value, np.ndarray) and value.dtype == object:
        return list(value.ravel().tolist())
    return []
