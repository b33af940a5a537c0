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
WORDS = 8  # of 32 bits, one for each of at most 256 categories of a feature

Indices = NDArray[np.integer[Any]]


def check_trees(model: Any) -> None:
    """Follows every tree in `model`, a fitted estimator of scikit-learn or what holds some.

    Raises:
        TeacherError: a tree whose nodes or features lead outside it, or whose ensemble takes
            another number of features than the tree.
    """
    if "sklearn.tree" not in sys.modules:  # then nothing that was loaded can be a tree
        return
    for each in parts(model):
        try:
            _check_part(each)
        except (AttributeError, IndexError, TypeError, ValueError) as error:
            raise _damaged(f"{type(error).__name__}: {error}") from error


def _check_part(part: Any) -> None:
    """Check the trees that `part` holds itself."""
    from sklearn.ensemble._forest import BaseForest
    from sklearn.ensemble._gb import BaseGradientBoosting
    from sklearn.ensemble._hist_gradient_boosting.gradient_boosting import (
        BaseHistGradientBoosting,
    )
    from sklearn.ensemble._iforest import IsolationForest
    from sklearn.tree import BaseDecisionTree
    from sklearn.tree._tree import Tree

    if isinstance(part, BaseDecisionTree) and hasattr(part, "tree_"):
        _require(part.tree_, Tree)
        _same(part.tree_.n_features, part.n_features_in_)
        _check_tree(part.tree_)
    elif isinstance(part, (BaseForest, BaseGradientBoosting)) and hasattr(part, "estimators_"):
        for tree in np.ravel(part.estimators_):
            _require(tree, BaseDecisionTree)
            _same(tree.n_features_in_, part.n_features_in_)
        if isinstance(part, BaseGradientBoosting):
            _same(np.shape(part.estimators_)[1], part.n_trees_per_iteration_)
    elif isinstance(part, IsolationForest) and hasattr(part, "estimators_"):
        for tree, used in zip(part.estimators_, part.estimators_features_, strict=True):
            _require(tree, BaseDecisionTree)
            _same(tree.n_features_in_, len(used))
    elif isinstance(part, BaseHistGradientBoosting) and hasattr(part, "_predictors"):
        _same(len(part._bin_mapper.is_categorical_), part.n_features_in_)
        for predictor in (one for stage in part._predictors for one in stage):
            _check_predictor(predictor, part.n_features_in_)


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
    for bits in (predictor.raw_left_cat_bitsets, predictor.binned_left_cat_bitsets):
        _same(np.shape(bits)[1], WORDS)


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


def _require(part: Any, cls: type) -> None:
    """Raise TeacherError unless compiled code may take `part` for a `cls` without a look."""
    if not isinstance(part, cls):
        raise _damaged(f"{type(part).__name__} in the place of a {cls.__name__}")


def _same(one: Any, other: Any) -> None:
    if int(one) != int(other):
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
