"""Calls and states of the parts of models: trees, distances, losses, thresholds, boosters."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from crembo_cli.teachers.pickles.guard.allowed_names import Name, look_up
from crembo_cli.teachers.pickles.guard.checks import PLAIN, require, require_attributes
from crembo_cli.teachers.pickles.guard.containers import Function
from crembo_cli.teachers.pickles.guard.numpy_parts import ignore_state

CHECK_ARRAY = Name("sklearn.utils.validation", "check_array")
POSITIVE_IS_ONE = ("f1_score", "fbeta_score", "jaccard_score", "precision_score", "recall_score")
LOSSES = {
    "sklearn._loss._loss": "CyAbsoluteError CyExponentialLoss CyHalfBinomialLoss CyHalfGammaLoss"
    " CyHalfMultinomialLoss CyHalfPoissonLoss CyHalfSquaredError CyHalfTweedieLoss"
    " CyHalfTweedieLossIdentity CyHuberLoss CyPinballLoss",
    "sklearn.linear_model._sgd_fast": "EpsilonInsensitive Hinge ModifiedHuber"
    " SquaredEpsilonInsensitive SquaredHinge",
}


class StandIn:
    """Takes the place of an object that no prediction needs."""


class CurveScorer:
    """What remains of the scorer of a tuned threshold: the label that counts as positive."""

    pos_label: Any = None

    def _get_pos_label(self) -> Any:
        return self.pos_label


class NumberCheck:
    """What remains of functools.partial in histogram boosting: the check of an array."""

    def __init__(self) -> None:
        self.dtype: Any = "numeric"
        self.ensure_all_finite: Any = True

    def __call__(self, rows: Any) -> Any:
        """The rows, as scikit-learn checks and converts them."""
        from sklearn.utils import check_array

        return check_array(rows, dtype=self.dtype, ensure_all_finite=self.ensure_all_finite)


@functools.cache
def frozen_class() -> type:
    """A FrozenEstimator that passes on the attributes of a fitted classifier alone."""
    from sklearn.frozen import FrozenEstimator

    passed_on = {"predict", "predict_proba", "predict_log_proba", "decision_function"}
    passed_on |= {"transform", "classes_", "n_features_in_", "feature_names_in_"}

    class Frozen(FrozenEstimator):  # type: ignore[misc] # scikit-learn ships no types
        def __getattr__(self, name: str) -> Any:
            if name not in passed_on:
                raise AttributeError(name)
            return getattr(self.estimator, name)

    return Frozen


def _number_check(function: Any) -> Any:
    require(function == CHECK_ARRAY, f"functools.partial of {function}")
    return NumberCheck()


def _set_number_check(check: Any, state: Any) -> None:
    require(type(state) is tuple and len(state) == 4, "an unusual functools.partial")
    function, arguments, options, _ = state
    require(function == CHECK_ARRAY and arguments == (), "functools.partial of something else")
    known = type(options) is dict and set(options) <= set(vars(check))
    require(known, "functools.partial with unusual options")
    vars(check).update(options)


def _set_curve_scorer(scorer: Any, state: Any) -> None:
    require(type(state) is dict, "an unusual scorer")
    options = state.get("_kwargs")
    given = type(options) is dict and "pos_label" in options
    label = options["pos_label"] if given else None
    function = state.get("_score_func")
    if not given and isinstance(function, Name) and function.name in POSITIVE_IS_ONE:
        label = 1
    require(type(label) in PLAIN, "a threshold for an unusual label")
    scorer.pos_label = label


def _tree(features: Any, classes: Any, outputs: Any) -> Any:
    from sklearn.tree._tree import Tree

    plain = type(features) is int and type(outputs) is int and type(classes) is np.ndarray
    require(plain and classes.dtype == np.intp, "a tree of unusual numbers")
    require(classes.shape == (outputs,) and bool((classes > 0).all()), "a tree without classes")
    return Tree(features, classes, outputs)


def _set_tree(tree: Any, state: Any) -> None:
    known = type(state) is dict and {"max_depth", "node_count", "nodes", "values"} <= set(state)
    require(known, "a tree without its nodes")
    arrays = (state["nodes"], state["values"])
    plain = all(type(each) is np.ndarray and not each.dtype.hasobject for each in arrays)
    require(plain, "a tree of something else than numbers")
    tree.__setstate__(state)


def set_distance(metric: Any, state: Any) -> None:
    """Set the numbers of a distance."""
    require(type(state) is tuple and len(state) >= 2 and type(state[0]) is float, "a distance")
    arrays = all(type(each) is np.ndarray and each.dtype == np.float64 for each in state[1:])
    require(arrays, "a distance of something else than numbers")
    square = all(each.ndim == 1 or each.shape == (len(each),) * 2 for each in state[1:])
    require(square, "a distance with an unusual matrix")
    metric.__setstate__(state)


def _set_neighbour_tree(tree: Any, state: Any) -> None:
    """The tree is built again from its points: scikit-learn follows a stored one unchecked."""
    require(type(state) is tuple and len(state) >= 12, "a tree of neighbours without its parts")
    points, leaf_size, metric = state[0], state[4], state[11]
    known = type(points) is np.ndarray and points.ndim == 2 and points.dtype == np.float64
    require(known and type(leaf_size) is int, "a tree of neighbours of unusual points")
    require(type(metric).__module__ == "sklearn.metrics._dist_metrics", "an unusual distance")
    weights = state[12] if len(state) > 12 else None
    fits = weights is None or (type(weights) is np.ndarray and weights.shape == (len(points),))
    require(fits, "weights of other points")
    again = type(tree)(points, leaf_size=leaf_size, metric=metric, sample_weight=weights)
    tree.__setstate__(again.__getstate__())


def _loss(name: Name) -> Function:
    """The call of a compiled loss of scikit-learn with numbers."""

    def make(*arguments: Any) -> Any:
        require(all(type(each) in PLAIN for each in arguments), f"{name} of objects")
        return look_up(name)(*arguments)

    return make


def _multinomial_loss(*_: Any) -> Any:
    from sklearn._loss._loss import CyHalfMultinomialLoss

    return CyHalfMultinomialLoss()


def _triplet(*parts: Any) -> Any:
    from sklearn.impute._iterative import _ImputerTriplet

    require(len(parts) == 3, "an imputer's triplet of another length")
    return tuple.__new__(_ImputerTriplet, parts)


def _set_xgboost(booster: Any, state: Any) -> None:
    require_attributes(booster, state)
    require(type(state.get("handle")) in (bytearray, type(None)), "a booster that is not bytes")
    type(booster).__setstate__(booster, dict(state))


def _set_lightgbm(booster: Any, state: Any) -> None:
    require_attributes(booster, state)
    handle = state.get("_handle", state.get("handle"))
    require(type(handle) in (str, type(None)), "a booster that is not text")
    kept = {key: value for key, value in state.items() if key != "handle"}
    type(booster).__setstate__(booster, {**kept, "_handle": handle, "_network": False})


def _set_catboost(model: Any, state: Any) -> None:
    require(type(state) is dict, "an unusual booster")
    require(type(state.get("__model", b"")) is bytes, "a booster that is not bytes")
    kept = {key: value for key, value in state.items() if not key.startswith("_test_eval")}
    type(model).__setstate__(model, kept)


CALLS: dict[Name, Function] = {
    **{
        Name(module, name): _loss(Name(module, name))
        for module, names in LOSSES.items()
        for name in names.split()
    },
    Name("functools", "partial"): _number_check,
    Name("sklearn._loss._loss", "__pyx_unpickle_CyHalfMultinomialLoss"): _multinomial_loss,
    Name("sklearn.impute._iterative", "_ImputerTriplet"): _triplet,
    Name("sklearn.tree._tree", "Tree"): _tree,
}
ARGUMENTS = {CHECK_ARRAY}
INSTANCES: dict[Name, Function] = {
    Name("sklearn.frozen._frozen", "FrozenEstimator"): lambda: object.__new__(frozen_class()),
    Name("sklearn.metrics._scorer", "_CurveScorer"): CurveScorer,
}
STATES: dict[str, Function] = {
    "BallTree": _set_neighbour_tree,
    "CatBoost": _set_catboost,
    "CatBoostClassifier": _set_catboost,
    "CatBoostRegressor": _set_catboost,
    "CurveScorer": _set_curve_scorer,
    "CyHalfMultinomialLoss": ignore_state,
    "KDTree": _set_neighbour_tree,
    "NumberCheck": _set_number_check,
    "StandIn": ignore_state,
    "Tree": _set_tree,
    "lightgbm.basic.Booster": _set_lightgbm,
    "xgboost.core.Booster": _set_xgboost,
}
