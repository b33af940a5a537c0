"""The calls that a file may ask for, each in a checked implementation of our own.

A pickle rebuilds arrays, trees and boosters by calling a function with arguments and then
handing the new object its state. Neither the file's function nor the class's own code sees an
argument before it was checked here: raw bytes never become pointers to objects, and no name,
path or offset in the file is followed.
"""

from __future__ import annotations

import codecs
import functools
import math
import re
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np

from crembo_cli.teachers.pickles.allowed_names import Name, not_allowed

NUMPY_KIND = re.compile(r"[<>|=]?(?:[biufcSUVOMm]\d*|\?)")
TEXT_OFFSETS = {"string": np.int32, "utf8": np.int32, "large_string": np.int64}
BIT_GENERATORS = ("MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64")
PLAIN_CALLS = (int, float, str, bool, type(None))  # arguments of scikit-learn's compiled losses

Function = Callable[..., Any]


def require(condition: bool, found: object) -> None:
    """Raise TeacherError, which names `found`, unless `condition` holds."""
    if not condition:
        raise not_allowed(found)


class StandIn:
    """Takes the place of an object that no prediction needs."""


class CurveScorer:
    """What remains of the scorer of a tuned threshold: the label that counts as positive."""

    pos_label: Any = None

    def _get_pos_label(self) -> Any:
        return self.pos_label


class JoblibArray:
    """The announcement of an array whose bytes follow in a joblib file."""

    state: dict[str, Any]


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


# Calls. Each gets the arguments that the file gives and returns the new object.


def _dtype(kind: Any, *_: Any) -> Any:
    require(type(kind) is str and bool(NUMPY_KIND.fullmatch(kind)), "an unusual numpy dtype")
    return np.dtype(kind, copy=True)


def _new_array(kind: Any, *_: Any) -> Any:
    require(kind in (Name("numpy", "ndarray"), Name("numpy", "matrix")), f"an array of {kind}")
    return np.empty(0, np.int8)


def _from_buffer(buffer: Any, dtype: Any, shape: Any, order: Any, *_: Any) -> Any:
    require(
        isinstance(buffer, (bytes, bytearray)) and isinstance(dtype, np.dtype) and is_shape(shape),
        "an array from an unusual buffer",
    )
    require(not dtype.hasobject and order in ("C", "F"), "an array of objects from bytes")
    return np.frombuffer(buffer, dtype).reshape(shape, order=order)


def _scalar(dtype: Any, data: Any = b"") -> Any:
    require(isinstance(dtype, np.dtype) and not dtype.hasobject, "a number made of objects")
    require(isinstance(data, bytes) and len(data) == dtype.itemsize, "a number of another size")
    return np.frombuffer(data, dtype)[0] if data else np.empty(1, dtype)[0]


def _masked(kind: Any, base: Any, *_: Any) -> Any:
    require(kind in MASKED and base == Name("numpy", "ndarray"), f"a masked array of {kind}")
    return np.ma.MaskedArray(np.empty(0), mask=np.empty(0, bool))


def _bit_generator(kind: Any = "MT19937") -> Any:
    name = kind.name if isinstance(kind, Name) else kind
    require(name in BIT_GENERATORS, f"the bit generator {name}")
    return getattr(np.random, name)(0)


def _random(maker: Function) -> Function:
    def make(bits: Any = "MT19937", *_: Any) -> Any:
        known = isinstance(bits, np.random.BitGenerator)
        return maker(bits if known else _bit_generator(bits))

    return make


def _seed_sequence(*_: Any) -> Any:
    return np.random.SeedSequence(0)  # only spawning more generators would need the file's


def _encode(text: Any, encoding: Any) -> bytes:
    require(type(text) is str and encoding == "latin1", "an unusual encoding")
    return codecs.encode(text, "latin1")


def _bytes(kind: type) -> Function:
    def make(data: Any = b"", *encoding: Any) -> Any:
        if isinstance(data, str):
            data = _encode(data, *[name.replace("-", "") for name in encoding])
        require(isinstance(data, (bytes, bytearray)), f"{kind.__name__} of something else")
        return kind(data)

    return make


def _container(kind: type) -> Function:
    def make(*arguments: Any) -> Any:
        plain = all(type(each) in (list, tuple, dict, set) for each in arguments)
        require(plain and len(arguments) <= 1, f"an unusual {kind.__name__}")
        for each in arguments:
            for key in each:
                require_key(key)
        return kind(*arguments)

    return make


def _deque(*arguments: Any) -> Any:
    require(all(type(each) in (list, tuple, int, type(None)) for each in arguments), "a deque")
    return deque(*arguments)


def _default_dict(factory: Any = None, *items: Any) -> Any:
    require(factory in (None, dict, list, int, float, str) or factory in DICTIONARIES, factory)
    made: defaultdict[Any, Any] = defaultdict(DICTIONARIES.get(factory, factory))
    require(not items, "an unusual defaultdict")
    return made


def _slice(*arguments: Any) -> Any:
    require(all(type(each) in (int, type(None)) for each in arguments), "an unusual slice")
    return slice(*arguments)


def _range(*arguments: Any) -> Any:
    require(all(type(each) is int for each in arguments), "an unusual range")
    return range(*arguments)


def _partial(function: Any) -> Any:
    require(function == CHECK_ARRAY, f"functools.partial of {function}")
    from sklearn.utils import check_array

    return functools.partial(check_array)


def _tree(features: Any, classes: Any, outputs: Any) -> Any:
    from sklearn.tree._tree import Tree

    plain = type(features) is int and type(outputs) is int and type(classes) is np.ndarray
    require(plain and classes.dtype == np.intp, "a tree of unusual numbers")
    require(classes.shape == (outputs,) and bool((classes > 0).all()), "a tree without classes")
    return Tree(features, classes, outputs)


def _compiled(name: Name) -> Function:
    """The call of a compiled loss of scikit-learn with numbers."""

    def make(*arguments: Any) -> Any:
        require(all(type(each) in PLAIN_CALLS for each in arguments), f"{name} of objects")
        return look_up(name)(*arguments)

    return make


def _multinomial_loss(*_: Any) -> Any:
    from sklearn._loss._loss import CyHalfMultinomialLoss

    return CyHalfMultinomialLoss()


def _triplet(*parts: Any) -> Any:
    from sklearn.impute._iterative import _ImputerTriplet

    require(len(parts) == 3, "an imputer's triplet of another length")
    return tuple.__new__(_ImputerTriplet, parts)


def _string_dtype(storage: Any = "python", missing: Any = None) -> Any:
    import pandas as pd

    require(storage in ("python", "pyarrow"), "a pandas dtype with an unusual storage")
    is_nan = isinstance(missing, float) and math.isnan(missing)
    return pd.StringDtype(storage, na_value=np.nan if is_nan else pd.NA)


def _index(kind: Any, parts: Any) -> Any:
    """A pandas index of checked cells; as text, where the file has text of pyarrow."""
    import pandas as pd

    require(type(parts) is dict and type(parts.get("name")) in PLAIN_CALLS, "an unusual index")
    if kind in (Name("pandas", "RangeIndex"), Name("pandas.core.indexes.range", "RangeIndex")):
        start, stop, step = (_whole(parts.get(key)) for key in ("start", "stop", "step"))
        return pd.RangeIndex(start, stop, step, name=parts["name"])
    data = parts.get("data")
    require(kind in INDEXES, f"an index of {kind}")
    if type(data) is np.ndarray:
        require(all(type(cell) in PLAIN_CALLS for cell in data.ravel().tolist()), "an index")
        return pd.Index(data, dtype=data.dtype, name=parts["name"])
    require(type(data).__name__ == "ArrowStringArray", "an index of something else than cells")
    return pd.Index(data, name=parts["name"])


def _whole(value: Any) -> int:
    require(type(value) is int, "a bound that is no whole number")
    return int(value)


def _arrow_type(alias: Any) -> Any:
    require(type(alias) is str and alias in TEXT_OFFSETS, f"an array of {alias} of pyarrow")
    return alias


def _arrow_buffer(data: Any) -> bytes:
    require(isinstance(data, (bytes, bytearray)), "a buffer of pyarrow that holds no bytes")
    return bytes(data)


def _arrow_array(parts: Any) -> Any:
    """Text of pyarrow, decoded here: pyarrow itself follows the file's offsets unchecked."""
    import pyarrow as pa

    require(type(parts) is tuple and len(parts) >= 5, "an array of pyarrow without its parts")
    alias, length, _, offset, buffers = parts[:5]
    require(alias in TEXT_OFFSETS and type(length) is int and type(offset) is int, "pyarrow")
    require(length >= 0 and offset >= 0 and type(buffers) is list and len(buffers) == 3, "pyarrow")
    valid, places, data = (each or b"" for each in buffers)
    ends = np.frombuffer(places, TEXT_OFFSETS[alias])[offset : offset + length + 1].tolist()
    require(length == 0 or len(ends) == length + 1, "an array of pyarrow with too few offsets")
    require(ends == sorted(ends) and not (ends and not 0 <= ends[0] <= ends[-1] <= len(data)), "pa")
    bits = np.unpackbits(np.frombuffer(valid, np.uint8), bitorder="little")[offset:].tolist()
    require(not valid or len(bits) >= length, "an array of pyarrow with too few bits")
    cells = [
        data[ends[i] : ends[i + 1]].decode() if not valid or bits[i] else None
        for i in range(length)
    ]
    return pa.array(cells, type=getattr(pa, alias)())


# States. Each gets a new object and the state that the file has for it.


def _set_dtype(dtype: Any, state: Any) -> None:
    require(type(state) is tuple, "an unusual numpy dtype")
    dtype.__setstate__(state)
    require(_is_honest(dtype), "a numpy dtype that hides pointers")


def _set_array(array: Any, state: Any) -> None:
    require(type(state) is tuple and len(state) in (4, 5), "an unusual array")
    _require_array_state(state)
    array.__setstate__(state)


def _require_array_state(state: Any) -> None:
    shape, dtype, _, data = state[-4:]
    require(is_shape(shape) and isinstance(dtype, np.dtype), "an unusual array")
    wanted = list if dtype.hasobject else (bytes, str)
    require(isinstance(data, wanted), "an array of objects from bytes")
    if dtype.hasobject:
        require(len(data) == math.prod(shape), "an array of more objects than there are")


def _set_masked(array: Any, state: Any) -> None:
    require(type(state) is tuple and len(state) == 7, "an unusual masked array")
    require(isinstance(state[5], bytes), "an unusual masked array")
    _require_array_state(state[:5])
    array.__setstate__((*state[:6], None))  # without the value that masked cells are shown as


def _set_random(random: Any, state: Any) -> None:
    if type(state) is tuple:
        state = state[0] if state else {}
    require(type(state) is dict or state is None, "an unusual random generator")
    if not state:
        return
    inner = state.get("state")
    require(type(inner) is dict, "an unusual random generator")
    if "pos" in inner:
        require(type(inner["pos"]) is int and 0 <= inner["pos"] <= 624, "a random generator")
    numbers = (int, float, str, dict, np.ndarray, np.uint64)
    plain = all(type(each) in numbers for each in (*state.values(), *inner.values()))
    require(plain, "an unusual random generator")
    if isinstance(random, np.random.RandomState):
        random.set_state(state)
    else:
        random.state = state


def _ignore(_: Any, __: Any) -> None:
    """The object is complete, or needs nothing of its state."""


def _set_tree(tree: Any, state: Any) -> None:
    require(
        type(state) is dict and {"max_depth", "node_count", "nodes", "values"} <= set(state),
        "a tree",
    )
    arrays = (state["nodes"], state["values"])
    require(all(type(each) is np.ndarray and not each.dtype.hasobject for each in arrays), "a tree")
    tree.__setstate__(state)


def _set_distance(metric: Any, state: Any) -> None:
    require(type(state) is tuple and len(state) >= 2 and type(state[0]) is float, "a distance")
    arrays = all(type(each) is np.ndarray and each.dtype == np.float64 for each in state[1:])
    require(arrays, "a distance of something else than numbers")
    metric.__setstate__(state)


def _set_neighbour_tree(tree: Any, state: Any) -> None:
    """The tree is built again from its points: scikit-learn follows a stored one unchecked."""
    require(type(state) is tuple and len(state) >= 12, "a tree of neighbours without its parts")
    points, leaf_size, metric = state[0], state[4], state[11]
    known = type(points) is np.ndarray and points.ndim == 2 and points.dtype == np.float64
    require(known and type(leaf_size) is int, "a tree of neighbours of unusual points")
    require(type(metric).__module__ == "sklearn.metrics._dist_metrics", "an unusual distance")
    weights = state[12] if len(state) > 12 else None
    require(weights is None or type(weights) is np.ndarray, "unusual weights")
    kind = type(tree)
    again = kind(points, leaf_size=leaf_size, metric=metric, sample_weight=weights)
    tree.__setstate__(again.__getstate__())


def _set_partial(partial: Any, state: Any) -> None:
    require(type(state) is tuple and len(state) == 4, "an unusual functools.partial")
    function, arguments, options, _ = state
    require(function == CHECK_ARRAY and arguments == (), "functools.partial of something else")
    known = type(options) is dict and set(options) <= {"dtype", "ensure_all_finite"}
    require(known, "functools.partial with unusual options")
    partial.__setstate__((partial.func, (), options, None))


def _set_curve_scorer(scorer: Any, state: Any) -> None:
    require(type(state) is dict, "an unusual scorer")
    options = state.get("_kwargs")
    given = type(options) is dict and "pos_label" in options
    label = options["pos_label"] if given else None
    if not given and str(state.get("_score_func")).rpartition(".")[2] in POSITIVE_IS_ONE:
        label = 1
    require(type(label) in PLAIN_CALLS, "an unusual label")
    scorer.pos_label = label


def _set_xgboost(booster: Any, state: Any) -> None:
    require(type(state) is dict, "an unusual booster")
    require(type(state.get("handle")) in (bytearray, type(None)), "a booster that is no bytes")
    type(booster).__setstate__(booster, dict(state))


def _set_lightgbm(booster: Any, state: Any) -> None:
    require(type(state) is dict, "an unusual booster")
    handle = state.get("_handle", state.get("handle"))
    require(type(handle) in (str, type(None)), "a booster that is no text")
    state = {key: value for key, value in state.items() if key != "handle"}
    type(booster).__setstate__(booster, {**state, "_handle": handle, "_network": False})


def _set_catboost(model: Any, state: Any) -> None:
    require(type(state) is dict, "an unusual booster")
    require(type(state.get("__model", b"")) is bytes, "a booster that is no bytes")
    kept = {key: value for key, value in state.items() if not key.startswith("_test_eval")}
    type(model).__setstate__(model, kept)


def _set_arrow_text(array: Any, state: Any) -> None:
    import pandas as pd
    import pyarrow as pa

    require(type(state) is dict, "unusual text of pandas")
    cells, dtype = state.get("_pa_array", state.get("_data")), state.get("_dtype")
    require(isinstance(cells, (pa.Array, pa.ChunkedArray)), "text of pandas without its cells")
    require(dtype is None or isinstance(dtype, pd.StringDtype), "text of an unusual dtype")
    array.__dict__.update(vars(pd.array(cells.to_pylist(), dtype=dtype or "string[pyarrow]")))


def is_shape(shape: Any) -> bool:
    """Whether `shape` is one of an array."""
    return type(shape) is tuple and all(type(each) is int and each >= 0 for each in shape)


def _is_honest(dtype: np.dtype[Any]) -> bool:
    """Whether `dtype` says that it holds objects if it does, and has no field outside its item.

    Records of objects are refused altogether: no fitted classifier needs them, and two fields
    of a record may overlap.
    """
    if dtype.subdtype is not None:
        return not dtype.hasobject and _is_honest(dtype.subdtype[0])
    if dtype.fields is not None:
        parts = [(part[0], part[1]) for part in dtype.fields.values()]
        return all(
            not dtype.hasobject
            and part.kind != "O"
            and _is_honest(part)
            and 0 <= offset <= dtype.itemsize - part.itemsize
            for part, offset in parts
        )
    return dtype.hasobject == (dtype.kind == "O")


def require_key(key: Any) -> None:
    """Raise TeacherError unless `key` is plain: hashing another would run code of its class."""
    plain = (*PLAIN_CALLS, bytes)
    parts = key if type(key) is tuple else (key,)
    require(
        all(type(each) in plain or isinstance(each, np.generic) for each in parts),
        f"a key of the type {type(key).__name__}",
    )


def look_up(name: Name) -> Any:
    """The object that a listed `name` stands for."""
    return getattr(import_module(name.module), name.name)


CHECK_ARRAY = Name("sklearn.utils.validation", "check_array")
MASKED = (Name("numpy.ma", "MaskedArray"), Name("numpy.ma.core", "MaskedArray"))
INDEXES = (Name("pandas", "Index"), Name("pandas.core.indexes.base", "Index"))
DICTIONARIES: dict[Any, type] = {Name("collections", "OrderedDict"): OrderedDict}
POSITIVE_IS_ONE = ("f1_score", "fbeta_score", "jaccard_score", "precision_score", "recall_score")
LOSSES = {
    "sklearn._loss._loss": "CyAbsoluteError CyExponentialLoss CyHalfBinomialLoss CyHalfGammaLoss"
    " CyHalfMultinomialLoss CyHalfPoissonLoss CyHalfSquaredError CyHalfTweedieLoss"
    " CyHalfTweedieLossIdentity CyHuberLoss CyPinballLoss",
    "sklearn.linear_model._sgd_fast": "EpsilonInsensitive Hinge ModifiedHuber"
    " SquaredEpsilonInsensitive SquaredHinge",
}

CALLS: dict[Name, Function] = {
    **{
        Name(module, name): _compiled(Name(module, name))
        for module, names in LOSSES.items()
        for name in names.split()
    },
    Name("_codecs", "encode"): _encode,
    Name("builtins", "bytearray"): _bytes(bytearray),
    Name("builtins", "bytes"): _bytes(bytes),
    Name("builtins", "frozenset"): _container(frozenset),
    Name("builtins", "range"): _range,
    Name("builtins", "set"): _container(set),
    Name("builtins", "slice"): _slice,
    Name("collections", "Counter"): _container(Counter),
    Name("collections", "OrderedDict"): _container(OrderedDict),
    Name("collections", "defaultdict"): _default_dict,
    Name("collections", "deque"): _deque,
    Name("functools", "partial"): _partial,
    Name("numpy", "dtype"): _dtype,
    Name("numpy._core.multiarray", "_reconstruct"): _new_array,
    Name("numpy._core.multiarray", "scalar"): _scalar,
    Name("numpy._core.numeric", "_frombuffer"): _from_buffer,
    Name("numpy.ma.core", "_mareconstruct"): _masked,
    Name("numpy.random._pickle", "__bit_generator_ctor"): _bit_generator,
    Name("numpy.random._pickle", "__generator_ctor"): _random(np.random.Generator),
    Name("numpy.random._pickle", "__randomstate_ctor"): _random(np.random.RandomState),
    Name("numpy.random.bit_generator", "__pyx_unpickle_SeedSequence"): _seed_sequence,
    Name("pandas", "StringDtype"): _string_dtype,
    Name("pandas.core.indexes.base", "_new_Index"): _index,
    Name("pyarrow.lib", "_restore_array"): _arrow_array,
    Name("pyarrow.lib", "py_buffer"): _arrow_buffer,
    Name("pyarrow.lib", "type_for_alias"): _arrow_type,
    Name("sklearn._loss._loss", "__pyx_unpickle_CyHalfMultinomialLoss"): _multinomial_loss,
    Name("sklearn.impute._iterative", "_ImputerTriplet"): _triplet,
    Name("sklearn.tree._tree", "Tree"): _tree,
}
ARGUMENTS = {  # names that only tell a call which kind it makes
    CHECK_ARRAY,
    Name("numpy", "matrix"),
    Name("numpy", "ndarray"),
    *MASKED,
    *INDEXES,
    Name("pandas", "RangeIndex"),
    Name("pandas.core.indexes.range", "RangeIndex"),
    Name("numpy.random.bit_generator", "SeedSequence"),
    *(Name(f"numpy.random._{name.lower()}", name) for name in BIT_GENERATORS),
}
# How an instance of a listed class is made whose own state is not a plain dict of attributes.
INSTANCES: dict[Name, Function] = {
    Name("joblib.numpy_pickle", "NumpyArrayWrapper"): JoblibArray,
    Name("pandas.arrays", "ArrowStringArray"): lambda: object.__new__(
        look_up(Name("pandas.arrays", "ArrowStringArray"))
    ),
    Name("sklearn.frozen._frozen", "FrozenEstimator"): lambda: object.__new__(frozen_class()),
    Name("sklearn.metrics._scorer", "_CurveScorer"): CurveScorer,
}
STATES: dict[str, Function] = {  # by the name of the object's class
    "CatBoost": _set_catboost,
    "ArrowStringArray": _set_arrow_text,
    "BallTree": _set_neighbour_tree,
    "CatBoostClassifier": _set_catboost,
    "CatBoostRegressor": _set_catboost,
    "CurveScorer": _set_curve_scorer,
    "CyHalfMultinomialLoss": _ignore,
    "Generator": _ignore,
    "KDTree": _set_neighbour_tree,
    "MaskedArray": _set_masked,
    "RandomState": _set_random,
    "SeedSequence": _ignore,
    "StandIn": _ignore,
    "Tree": _set_tree,
    "lightgbm.basic.Booster": _set_lightgbm,
    "ndarray": _set_array,
    "partial": _set_partial,
    "xgboost.core.Booster": _set_xgboost,
}


def state_setter(made: Any) -> Function | None:
    """How `made` takes its state; None where the state is a plain dict of attributes."""
    kind = type(made)
    if isinstance(made, np.dtype):
        return _set_dtype
    if isinstance(made, np.random.BitGenerator):
        return _set_random
    if kind.__module__ == "sklearn.metrics._dist_metrics":
        return _set_distance
    return STATES.get(f"{kind.__module__}.{kind.__name__}") or STATES.get(kind.__name__)
