"""Everything that a loaded object is made of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np


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
        if isinstance(each, dict):
            waiting += each.values()
        elif isinstance(each, (list, tuple, set, frozenset)):
            waiting += each
        elif isinstance(each, np.ndarray):
            waiting += each.ravel().tolist() if each.dtype == object else []
        else:
            waiting += getattr(each, "__dict__", {}).values()
