"""Calls that make plain values and containers of Python."""

from __future__ import annotations

import codecs
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable
from typing import Any

from crembo_cli.teachers.pickles.guard.allowed_names import Name
from crembo_cli.teachers.pickles.guard.checks import require, require_key

Function = Callable[..., Any]

DICTIONARIES: dict[Any, type] = {Name("collections", "OrderedDict"): OrderedDict}


def _encode(text: Any, encoding: Any) -> bytes:
    require(type(text) is str and encoding == "latin1", "an unusual encoding")
    return codecs.encode(text, "latin1")


def _bytes(kind: type) -> Function:
    def make(data: Any = b"", *encoding: Any) -> Any:
        if type(data) is str:
            data = _encode(data, *[str(name).replace("-", "") for name in encoding])
        require(type(data) in (bytes, bytearray), f"{kind.__name__} of something else than bytes")
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
    plain = all(type(each) in (list, tuple, int, type(None)) for each in arguments)
    require(plain, "an unusual deque")
    return deque(*arguments)


def _default_dict(factory: Any = None, *items: Any) -> Any:
    known = factory in (None, dict, list, int, float, str) or factory in DICTIONARIES
    require(known and not items, f"a defaultdict of {factory}")
    return defaultdict(DICTIONARIES.get(factory, factory))


def _slice(*arguments: Any) -> Any:
    require(all(type(each) in (int, type(None)) for each in arguments), "an unusual slice")
    return slice(*arguments)


def _range(*arguments: Any) -> Any:
    require(all(type(each) is int for each in arguments), "an unusual range")
    return range(*arguments)


CALLS: dict[Name, Function] = {
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
}
