"""Objects that a file describes: made without a call of their classes' code, then checked.

Pickles and .skops files share this. What a file names is a `Name` until it is used: a call goes
to an implementation in reconstructors.py, an instance of a listed class is made by
`object.__new__`, and attributes are set from a plain dict, none of which may shadow a method or
property. Whatever the finished object holds is checked once more as a whole, since a file may
fill its containers after it used them.
"""

from __future__ import annotations

import functools
import warnings
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from crembo_cli.errors import TeacherError
from crembo_cli.teachers.pickles.allowed_names import Name, allowed_names, not_allowed
from crembo_cli.teachers.pickles.loaded_trees import contents
from crembo_cli.teachers.pickles.reconstructors import (
    ARGUMENTS,
    CALLS,
    INSTANCES,
    CurveScorer,
    StandIn,
    frozen_class,
    look_up,
    require,
    state_setter,
)

PLAIN = (type(None), bool, int, float, complex, str, bytes, bytearray, slice, range)
CONTAINERS = (list, tuple, dict, set, frozenset, OrderedDict, defaultdict, deque, Counter)
HELD = (*CONTAINERS, np.ndarray, np.ma.MaskedArray, StandIn, CurveScorer)
RANDOM = (np.random.RandomState, np.random.Generator, np.random.BitGenerator)
NEW_OBJECT = Name("copyreg", "__newobj__")
RECONSTRUCTOR = Name("copyreg", "_reconstructor")
WITH_NEW = ("sklearn.linear_model._passive_aggressive",)  # a __new__ in Python, which only warns
OWN_ATTRIBUTES = (
    "builtins",
    "functools",
    "numpy",
    "pandas",
)  # classes whose attributes no file sets
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
RESPONSES = {
    "auto",
    "predict",
    "predict_proba",
    "predict_log_proba",
    "decision_function",
    "transform",
}
TEXTS = {  # the attributes whose text names what is called or opened, and what it may be
    "chain_method": RESPONSES,
    "chain_method_": RESPONSES,
    "response_method": RESPONSES,
    "_response_method": RESPONSES,
    "stack_method": RESPONSES,
    "stack_method_": RESPONSES,
    "input": {"content"},
}


class ObjectBuilder:
    """Builds the objects of one file; each takes its state once."""

    def __init__(self) -> None:
        self._open: dict[int, Any] = {}  # made, but without their state so far
        self._unfinished: list[Any] = []

    def find(self, module: str, name: str) -> Any:
        """A listed function or type that may be a value as it is, or else its `Name`.

        Raises:
            TeacherError: the name is on no list.
        """
        module = module.replace("numpy.core.", "numpy._core.")  # where numpy 1 kept the same
        found = Name(module, name)
        if found in allowed_names("values") and found not in CALLS:
            return look_up(found)
        neighbours = name == "newObj" and module.startswith(
            ("sklearn.metrics.", "sklearn.neighbors.")
        )
        if not (
            neighbours
            or found in CALLS
            or found in ARGUMENTS
            or found in INSTANCES
            or found in (NEW_OBJECT, RECONSTRUCTOR)
            or found in allowed_names("instances")
            or found in allowed_names("stand-ins")
        ):
            raise not_allowed(found)
        return found

    def call(self, function: Any, arguments: Any) -> Any:
        """The result of a call, by an implementation of our own."""
        require(isinstance(function, Name), f"a call of {_describe(function)}")
        require(type(arguments) is tuple, f"a call of {function} without arguments")
        if function == NEW_OBJECT and arguments:
            return self.instance(arguments[0], arguments[1:])
        if function == RECONSTRUCTOR:
            return self._reconstructed(*arguments)
        if function.name == "newObj":
            require(len(arguments) == 1, f"{function} of several arguments")
            return self.instance(arguments[0], ())
        if function in allowed_names("stand-ins"):
            return self._opened(StandIn())
        require(function in CALLS, f"a call of {function}")
        for each in arguments:
            self._close(each)
        with _refusing(function):
            return self._opened(CALLS[function](*arguments))

    def _reconstructed(self, kind: Any, base: Any = None, state: Any = None) -> Any:
        """An instance as protocols 0 and 1 make it: the base class gets the contents at once."""
        if base is tuple and type(state) is tuple:
            return self.instance(kind, state)
        made = self.instance(kind)
        if base is dict and type(state) is dict and isinstance(made, dict):
            made.update(state)
        else:
            require(base is object and state is None, f"{kind} of another base")
        return made

    def instance(self, kind: Any, arguments: Any = ()) -> Any:
        """A new instance of a listed class, without its state."""
        require(isinstance(kind, Name), f"an instance of {_describe(kind)}")
        if kind in allowed_names("stand-ins"):
            return self._opened(StandIn())
        if kind in CALLS and arguments:
            return self.call(kind, arguments)
        require(arguments == (), f"an instance of {kind} with arguments")
        if kind in INSTANCES:
            return self._opened(INSTANCES[kind]())
        require(kind in allowed_names("instances"), f"an instance of {kind}")
        cls = look_up(kind)
        # What is compiled, or a dict, starts from its own __new__, which sets its memory up.
        compiled = any("__new__" in vars(base) for base in cls.__mro__ if base is not object)
        new = cls.__new__ if compiled and kind.module not in WITH_NEW else object.__new__
        return self._opened(new(cls))

    def set_state(self, made: Any, state: Any) -> None:
        """Fill an object that was just made."""
        require(self._open.pop(id(made), None) is made, f"a state for {_describe(made)}")
        if isinstance(state, tuple):
            for each in state:
                self._close(each)
        setter = state_setter(made)
        if setter is not None:
            with _refusing(made):
                setter(made, state)
            return
        require(hasattr(made, "__dict__"), f"a state for {_describe(made)}")
        require(type(state) is dict, f"a state of {_describe(made)} that is no dict")
        for key in state:
            require(type(key) is str, f"an attribute of {_describe(made)} that is no text")
            require(not _shadows(made, key), f"{_describe(made)}.{key} set by the file")
        state = _without_version(made, state)
        vars(made).update(state)
        if type(made).__name__ in FINISHERS:
            self._unfinished.append(made)

    def finish(self, root: Any) -> None:
        """Check all that `root` holds, then let objects compute what their files leave out."""
        check_objects(root)
        for made in self._unfinished:
            with _refusing(made):
                FINISHERS[type(made).__name__](made)

    def _opened(self, made: Any) -> Any:
        self._open[id(made)] = made
        return made

    def _close(self, used: Any) -> None:
        """What was used must not change: a dtype that grew later would leave its array's memory."""
        self._open.pop(id(used), None)
        if isinstance(used, dict):
            for field in used.values():
                self._close(field[0] if isinstance(field, tuple) and field else field)
        elif isinstance(used, tuple):
            for each in used:
                self._open.pop(id(each), None)


@contextmanager
def _refusing(made: Any) -> Iterator[None]:
    """Turn what a library raises at arguments or a state of the file into a refusal of it."""
    try:
        yield
    except (TeacherError, MemoryError, ModuleNotFoundError):
        raise
    except Exception as error:
        line = " ".join(str(error).split())[:200]
        raise TeacherError(
            f"{_describe(made)} does not accept what the file holds for it; no code was executed",
            found=f"{type(error).__name__}: {line}",
            hint="the file was saved with other versions of its libraries, is damaged or is forged",
        ) from error


def check_objects(root: Any) -> None:
    """Check what `root` and every object in it holds.

    Raises:
        TeacherError: a value of a kind that no fitted classifier has, named with its attribute.
    """
    seen: set[int] = set()
    waiting: list[tuple[str, Any]] = [("", root)]
    while waiting:
        where, each = waiting.pop()
        if type(each) in PLAIN:
            if type(each) is str and where in TEXTS:
                require(each in TEXTS[where], f"{where} = {each!r}")
            continue
        if id(each) in seen:
            continue
        seen.add(id(each))
        _check_value(where, each)
        waiting += [(where, part) for part in contents(each)]
        if not type(each).__module__.startswith(OWN_ATTRIBUTES):
            waiting += getattr(each, "__dict__", {}).items()


def _check_value(where: str, value: Any) -> None:
    """Check the kind of `value`, which lies in the attribute `where`; not what it holds."""
    kind = type(value)
    name = Name(kind.__module__, kind.__name__)
    found = f"{_describe(value)} as the value of {where}" if where else _describe(value)
    if kind in HELD or isinstance(value, (np.generic, np.dtype, *RANDOM)) or name in BY_CALLS:
        return
    if isinstance(value, type):
        require("dtype" in where and any(value is each for each in _values(None)), found)
    elif kind is functools.partial:  # made by a checked call, of check_array
        require(where == "func", found)
    elif kind is frozen_class():
        require(hasattr(type(vars(value).get("estimator")), "predict"), found)
    elif not name.module.startswith("ctypes") and name not in allowed_names("instances"):
        require(any(value is each for each in _values(CALLABLES.get(where, ()))), found)


@functools.cache
def _values(modules: tuple[str, ...] | None) -> tuple[Any, ...]:
    """The listed values of `modules`; None for the types among all."""
    wanted = ("builtins", "numpy") if modules is None else modules
    return tuple(look_up(name) for name in allowed_names("values") if name.module in wanted)


def _shadows(made: Any, key: str) -> bool:
    return key.startswith("__") or any(key in vars(base) for base in type(made).__mro__)


def _without_version(made: Any, state: dict[str, Any]) -> dict[str, Any]:
    """`state` without scikit-learn's version in it, of which its own class would warn."""
    if "_sklearn_version" not in state:
        return state
    import sklearn
    from sklearn.exceptions import InconsistentVersionWarning

    saved_by = state["_sklearn_version"]
    require(type(saved_by) is str, "a version that is no text")
    if saved_by != sklearn.__version__:
        warnings.warn(
            InconsistentVersionWarning(
                estimator_name=type(made).__name__,
                current_sklearn_version=sklearn.__version__,
                original_sklearn_version=saved_by,
            ),
            stacklevel=2,
        )
    return {key: value for key, value in state.items() if key != "_sklearn_version"}


def _finish_isotonic(made: Any) -> None:
    points = getattr(made, "X_thresholds_", None), getattr(made, "y_thresholds_", None)
    if points[0] is not None:
        numbers = all(type(each) is np.ndarray and each.dtype.kind == "f" for each in points)
        require(numbers, "an isotonic regression of something else than numbers")
        made._build_f(*points)


def _finish_predictor(made: Any) -> None:
    from sklearn.ensemble._hist_gradient_boosting.common import PREDICTOR_RECORD_DTYPE

    nodes = vars(made).get("nodes")
    require(type(nodes) is np.ndarray and nodes.dtype.names is not None, "a tree without nodes")
    if nodes.dtype != PREDICTOR_RECORD_DTYPE:
        made.nodes = nodes.astype(PREDICTOR_RECORD_DTYPE, casting="same_kind")


FINISHERS = {"IsotonicRegression": _finish_isotonic, "TreePredictor": _finish_predictor}


def _describe(value: Any) -> str:
    if isinstance(value, Name):
        return str(value)
    named = value if isinstance(value, type) or hasattr(value, "__name__") else type(value)
    return f"{getattr(named, '__module__', None) or type(named).__module__}.{named.__name__}"
