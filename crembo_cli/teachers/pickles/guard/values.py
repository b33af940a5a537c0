"""The values that a loaded object may hold, each checked once the file was read to its end."""

from __future__ import annotations

import functools
import re
from collections import Counter, OrderedDict, defaultdict, deque
from typing import Any

import numpy as np

from crembo_cli.teachers.pickles.guard.allowed_names import Name, allowed_names, look_up
from crembo_cli.teachers.pickles.guard.checks import describe, require
from crembo_cli.teachers.pickles.guard.model_parts import (
    CurveScorer,
    NumberCheck,
    StandIn,
    frozen_class,
)
from crembo_cli.teachers.pickles.guard.reconstructors import CALLS
from crembo_cli.teachers.pickles.loaded_trees import contents

PLAIN = (type(None), bool, int, float, complex, str, bytes, bytearray, slice, range)
CONTAINERS = (list, tuple, dict, set, frozenset, OrderedDict, defaultdict, deque, Counter)
HELD = (*CONTAINERS, np.ndarray, np.ma.MaskedArray, StandIn, CurveScorer)
RANDOM = (np.random.RandomState, np.random.Generator, np.random.BitGenerator)
OWN_ATTRIBUTES = ("builtins", "numpy", "pandas")  # classes whose attributes no file sets
BY_CALLS = {  # classes that only a checked call makes, besides those under [instances]
    *CALLS,
    Name("numpy.random.bit_generator", "SeedSequence"),
    Name("pandas", "Index"),
    Name("pandas", "RangeIndex"),
    Name("pandas.arrays", "ArrowStringArray"),
    Name("_catboost", "_CatBoost"),
}
CALLABLES = {  # the attributes that may hold a function of the list, and of which module
    "func": ("numpy", "scipy.special._ufuncs"),
    "inverse_func": ("numpy", "scipy.special._ufuncs"),
    "pooling_func": ("numpy",),
    "score_func": (
        "sklearn.feature_selection._mutual_info",
        "sklearn.feature_selection._univariate_selection",
    ),
    "_asarray": ("scipy._lib.array_api_compat.numpy._aliases",),
    "_kmeans_single": ("sklearn.cluster._kmeans",),
}
RESPONSE = re.compile("auto|predict|predict_proba|predict_log_proba|decision_function|transform")
TEXTS = {  # the attributes whose text names what is called or opened, and what it may be
    "chain_method": RESPONSE,
    "chain_method_": RESPONSE,
    "response_method": RESPONSE,
    "_response_method": RESPONSE,
    "stack_method": RESPONSE,
    "stack_method_": RESPONSE,
    "importance_getter": re.compile(r"[a-zA-Z]\w*(\.[a-zA-Z]\w*)*"),
    "input": re.compile("content"),
}


def check_values(root: Any) -> None:
    """Check what `root` and every object in it holds.

    Raises:
        TeacherError: a value of a kind that no fitted classifier has, named with its attribute.
    """
    seen: set[tuple[str, int]] = set()  # by the attribute too, where it decides what may lie there
    waiting: list[tuple[str, Any]] = [("", root)]
    while waiting:
        where, each = waiting.pop()
        if where in TEXTS:
            plain = each is None or type(each) in (str, list, tuple)  # no text in arrays of numpy
            require(plain, f"{describe(each)} as the value of {where}")
            if type(each) is str:
                require(bool(TEXTS[where].fullmatch(each)), f"{where} = {each!r}")
        rule = "dtype" if "dtype" in where else where if where in (*CALLABLES, *TEXTS) else ""
        if type(each) in PLAIN or (rule, id(each)) in seen:
            continue
        seen.add((rule, id(each)))
        _check_value(where, each)
        waiting += [(where, part) for part in contents(each)]
        if not type(each).__module__.startswith(OWN_ATTRIBUTES):
            waiting += getattr(each, "__dict__", {}).items()


def _check_value(where: str, value: Any) -> None:
    """Check the kind of `value`, which lies in the attribute `where`; not what it holds."""
    kind = type(value)
    name = Name(kind.__module__, kind.__name__)
    found = f"{describe(value)} as the value of {where}" if where else describe(value)
    if kind in HELD or isinstance(value, (np.generic, np.dtype, *RANDOM)) or name in BY_CALLS:
        return
    if isinstance(value, type):
        require("dtype" in where and any(value is each for each in _values(None)), found)
    elif kind is NumberCheck:
        require(where == "func", found)
    elif kind is frozen_class():
        frozen = type(vars(value).get("estimator"))
        require(hasattr(frozen, "predict") or hasattr(frozen, "transform"), found)
    elif not name.module.startswith("ctypes") and name not in allowed_names("instances"):
        require(any(value is each for each in _values(CALLABLES.get(where, ()))), found)


@functools.cache
def _values(modules: tuple[str, ...] | None) -> tuple[Any, ...]:
    """The listed values of `modules`; None for the types among all."""
    wanted = ("builtins", "numpy") if modules is None else modules
    return tuple(look_up(name) for name in allowed_names("values") if name.module in wanted)
