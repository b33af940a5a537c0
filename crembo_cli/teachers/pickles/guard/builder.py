"""Objects that a file describes: made without a call of their classes' code, then checked.

Pickles and .skops files share this. What a file names is a `Name` until it is used: a call goes
to an implementation in reconstructors.py, an instance of a listed class is made by
`object.__new__`, and attributes are set from a plain dict, none of which may shadow a method or
property. Whatever the finished object holds is checked once more as a whole (values.py), since a
file may fill its containers after it used them.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from crembo_cli.errors import TeacherError
from crembo_cli.teachers.pickles.guard.allowed_names import (
    Name,
    allowed_names,
    look_up,
    not_allowed,
)
from crembo_cli.teachers.pickles.guard.checks import describe, require, require_attributes
from crembo_cli.teachers.pickles.guard.model_parts import StandIn
from crembo_cli.teachers.pickles.guard.reconstructors import (
    ARGUMENTS,
    CALLS,
    INSTANCES,
    state_setter,
)
from crembo_cli.teachers.pickles.guard.values import check_values

NEW_OBJECT = Name("copyreg", "__newobj__")
RECONSTRUCTOR = Name("copyreg", "_reconstructor")
WITH_NEW = ("sklearn.linear_model._passive_aggressive",)  # a __new__ in Python, which only warns
NEIGHBOURS = ("sklearn.metrics.", "sklearn.neighbors.")  # modules of newObj, their __newobj__


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
        if not (
            (name == "newObj" and module.startswith(NEIGHBOURS))
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
        require(isinstance(function, Name), f"a call of {describe(function)}")
        require(type(arguments) is tuple, f"a call of {function} without arguments")
        if function == NEW_OBJECT and arguments:
            return self.instance(arguments[0], arguments[1:])
        if function == RECONSTRUCTOR and arguments:
            return self._reconstructed(*arguments[:3])
        if function.name == "newObj":
            require(len(arguments) == 1, f"{function} of several arguments")
            return self.instance(arguments[0], ())
        if function in allowed_names("stand-ins"):
            return self._opened(StandIn())
        require(function in CALLS, f"a call of {function}")
        for each in arguments:
            self.close(each)
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
        require(isinstance(kind, Name), f"an instance of {describe(kind)}")
        if kind in allowed_names("stand-ins"):
            return self._opened(StandIn())
        if kind in CALLS and arguments:
            return self.call(kind, arguments)
        require(arguments == (), f"an instance of {kind} with arguments")
        if kind in INSTANCES:
            return self._opened(INSTANCES[kind]())
        require(kind in allowed_names("instances"), f"an instance of {kind}")
        with _refusing(kind):
            cls = look_up(kind)
            # What is compiled, or a dict, starts from its own __new__, which sets its memory up.
            compiled = any("__new__" in vars(base) for base in cls.__mro__ if base is not object)
            new = cls.__new__ if compiled and kind.module not in WITH_NEW else object.__new__
            return self._opened(new(cls))

    def set_state(self, made: Any, state: Any) -> None:
        """Fill an object that was just made."""
        require(self._open.pop(id(made), None) is made, f"a state for {describe(made)}")
        if isinstance(state, tuple):
            for each in state:
                self.close(each)
        setter = state_setter(made)
        if setter is not None:
            with _refusing(made):
                setter(made, state)
            return
        require(hasattr(made, "__dict__"), f"a state for {describe(made)}")
        require_attributes(made, state)
        vars(made).update(_without_version(made, state))
        if type(made).__name__ in FINISHERS:
            self._unfinished.append(made)

    def finish(self, root: Any) -> None:
        """Check all that `root` holds, then let objects compute what their files leave out."""
        check_values(root)
        for made in self._unfinished:
            with _refusing(made):
                FINISHERS[type(made).__name__](made)

    def close(self, used: Any) -> None:
        """Let `used` take no state any more: a type that grew would leave its array's memory."""
        self._open.pop(id(used), None)
        if isinstance(used, dict):
            for field in used.values():
                self.close(field[0] if isinstance(field, tuple) and field else field)
        elif isinstance(used, tuple):
            for each in used:
                self._open.pop(id(each), None)

    def _opened(self, made: Any) -> Any:
        self._open[id(made)] = made
        return made


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
            f"{describe(made)} does not accept what the file holds for it; no code was executed",
            found=f"{type(error).__name__}: {line}",
            hint="the file was saved with other versions of its libraries, is damaged or is forged",
        ) from error


def _without_version(made: Any, state: dict[str, Any]) -> dict[str, Any]:
    """`state` without scikit-learn's version in it, of which its own class would warn."""
    if "_sklearn_version" not in state:
        return state
    import sklearn
    from sklearn.exceptions import InconsistentVersionWarning

    saved_by = state["_sklearn_version"]
    require(type(saved_by) is str, "a version that is not text")
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


def _finish_spline(made: Any) -> None:
    """Make the spline again, which checks its knots: compiled code follows them unchecked."""
    again = type(made)(made.t, made.c, made.k, made.extrapolate, made.axis)
    vars(made).update(vars(again))


FINISHERS = {
    "BSpline": _finish_spline,
    "IsotonicRegression": _finish_isotonic,
    "TreePredictor": _finish_predictor,
}
