"""Checks that every part of the guard shares; what fails them is refused by name."""

from __future__ import annotations

from types import BuiltinFunctionType, FunctionType
from typing import Any

import numpy as np

from crembo_cli.teachers.pickles.guard.allowed_names import Name, not_allowed

PLAIN = (int, float, str, bool, type(None))


def require(condition: bool, found: object) -> None:
    """Raise TeacherError, which names `found`, unless `condition` holds."""
    if not condition:
        raise not_allowed(found)


def require_key(key: Any) -> None:
    """Raise TeacherError unless `key` is plain: hashing another would run code of its class."""
    parts = key if type(key) is tuple else (key,)
    require(
        all(type(each) in (*PLAIN, bytes) or isinstance(each, np.generic) for each in parts),
        f"a key of the type {type(key).__name__}",
    )


def require_attributes(instance: Any, state: Any) -> None:
    """Raise TeacherError unless `state` is a dict of attributes that `instance` may get.

    An attribute must not shadow a method, a property or anything else of its class.
    """
    require(type(state) is dict, f"a state of {describe(instance)} that is not a dict")
    for key in state:
        require(type(key) is str, f"an attribute of {describe(instance)} that is not text")
        shadows = key.startswith("__") or any(key in vars(base) for base in type(instance).__mro__)
        require(not shadows, f"{describe(instance)}.{key} set by the file")


def describe(value: Any) -> str:
    """The name of a class or function, or else of the class of `value`, none of whose code runs."""
    if isinstance(value, Name):
        return str(value)
    is_named = isinstance(value, (type, np.ufunc, FunctionType, BuiltinFunctionType))
    named = value if is_named else type(value)
    return f"{getattr(named, '__module__', None) or type(named).__module__}.{named.__name__}"
