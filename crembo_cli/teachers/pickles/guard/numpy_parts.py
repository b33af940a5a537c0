"""Calls and states of numpy: types, arrays, numbers and random generators.

The bytes of a file never become pointers to objects: a type that holds objects takes them from
a list of objects that were built before, and its flags record that.
"""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np

from crembo_cli.teachers.pickles.guard.allowed_names import Name
from crembo_cli.teachers.pickles.guard.checks import require
from crembo_cli.teachers.pickles.guard.containers import Function

KIND = re.compile(r"[<>|=]?(?:[biufcSUVOMm]\d*|\?)")
HOLDS_POINTERS = 0b111  # the flags of numpy types that are pointers or own what they point to
BIT_GENERATORS = ("MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64")
ARRAY, MATRIX = Name("numpy", "ndarray"), Name("numpy", "matrix")
MASKED = (Name("numpy.ma", "MaskedArray"), Name("numpy.ma.core", "MaskedArray"))
LAST_PLACES = {"pos": 624, "buffer_pos": 4}  # of MT19937 and Philox, in their own buffers


class JoblibArray:
    """The announcement of an array whose bytes follow in a joblib file."""


def is_shape(shape: Any) -> bool:
    """Whether `shape` is one of an array."""
    return type(shape) is tuple and all(type(each) is int and each >= 0 for each in shape)


def _dtype(kind: Any, *_: Any) -> Any:
    require(type(kind) is str and bool(KIND.fullmatch(kind)), "an unusual numpy dtype")
    return np.dtype(kind, copy=True)


def _set_dtype(dtype: Any, state: Any) -> None:
    require(type(state) is tuple, "an unusual numpy dtype")
    dtype.__setstate__(state)
    require(_is_honest(dtype), "a numpy dtype that hides pointers")


def _is_honest(dtype: np.dtype[Any]) -> bool:
    """Whether `dtype` declares the objects that it holds, and has no field outside its item.

    Records of objects are refused altogether: no fitted classifier needs them, and two fields
    of a record may overlap.
    """
    if dtype.itemsize < 0 or dtype.alignment < 1 or (dtype.kind == "U" and dtype.itemsize % 4):
        return False
    if dtype.subdtype is not None:
        base, shape = dtype.subdtype
        fits = base.itemsize * math.prod(shape) == dtype.itemsize
        return fits and not dtype.hasobject and _is_honest(base)
    if dtype.fields is not None:
        parts = [(part[0], part[1]) for part in dtype.fields.values()]
        return all(
            not dtype.hasobject
            and part.kind != "O"
            and _is_honest(part)
            and 0 <= offset <= dtype.itemsize - part.itemsize
            for part, offset in parts
        )
    return bool(dtype.flags & HOLDS_POINTERS) == dtype.hasobject == (dtype.kind == "O")


def _new_array(kind: Any, *_: Any) -> Any:
    require(kind in (ARRAY, MATRIX), f"an array of {kind}")
    return np.empty(0, np.int8)


def _set_array(array: Any, state: Any) -> None:
    require(type(state) is tuple and len(state) in (4, 5), "an unusual array")
    _require_array_state(state)
    array.__setstate__(state)


def _require_array_state(state: Any) -> None:
    shape, dtype, _, data = state[-4:]
    require(is_shape(shape) and isinstance(dtype, np.dtype), "an unusual array")
    wanted = (list,) if dtype.hasobject else (bytes, str)
    require(type(data) in wanted, "an array of objects from bytes")
    if dtype.hasobject:
        require(len(data) == math.prod(shape), "an array of more objects than there are")


def _from_buffer(buffer: Any, dtype: Any, shape: Any, order: Any, *_: Any) -> Any:
    plain = type(buffer) in (bytes, bytearray) and isinstance(dtype, np.dtype)
    require(plain and is_shape(shape), "an array from an unusual buffer")
    require(not dtype.hasobject and order in ("C", "F"), "an array of objects from bytes")
    return np.frombuffer(buffer, dtype).reshape(shape, order=order)


def _scalar(dtype: Any, data: Any = b"") -> Any:
    require(isinstance(dtype, np.dtype) and not dtype.hasobject, "a number made of objects")
    require(type(data) is bytes and len(data) == dtype.itemsize, "a number of another size")
    return np.frombuffer(data, dtype)[0] if data else np.empty(1, dtype)[0]


def _masked(kind: Any, base: Any, *_: Any) -> Any:
    require(kind in MASKED and base == ARRAY, f"a masked array of {kind}")
    return np.ma.MaskedArray(np.empty(0), mask=np.empty(0, bool))


def _set_masked(array: Any, state: Any) -> None:
    require(type(state) is tuple and len(state) == 7, "an unusual masked array")
    require(type(state[5]) is bytes, "an unusual masked array")
    _require_array_state(state[:5])
    array.__setstate__((*state[:6], None))  # without the value that masked cells are shown as


def _bit_generator(kind: Any = "MT19937") -> Any:
    name = kind.name if isinstance(kind, Name) else kind
    require(type(name) is str and name in BIT_GENERATORS, f"the bit generator {name}")
    return getattr(np.random, name)(0)


def _random(maker: Function) -> Function:
    def make(bits: Any = "MT19937", *_: Any) -> Any:
        known = isinstance(bits, np.random.BitGenerator)
        return maker(bits if known else _bit_generator(bits))

    return make


def _seed_sequence(*_: Any) -> Any:
    return np.random.SeedSequence(0)  # only spawning more generators would need the file's


def set_random(random: Any, state: Any) -> None:
    """Set the state of a random generator, numbers alone, with no place outside its buffers."""
    if type(state) is tuple:
        state = state[0] if state else {}
    require(type(state) is dict or state is None, "an unusual random generator")
    if not state:
        return
    inner = state.get("state")
    require(type(inner) is dict, "an unusual random generator")
    fields = {**state, **inner}
    for key, last in LAST_PLACES.items():
        place = fields.get(key, 0)
        require(type(place) is int and 0 <= place <= last, "a random generator past its end")
    numbers = (int, float, str, dict, np.ndarray, np.uint64)
    require(all(type(each) in numbers for each in fields.values()), "an unusual random generator")
    if isinstance(random, np.random.RandomState):
        random.set_state(state)
    else:
        random.state = state


def ignore_state(_: Any, __: Any) -> None:
    """The object is complete, or needs nothing of its state."""


CALLS: dict[Name, Function] = {
    Name("numpy", "dtype"): _dtype,
    Name("numpy._core.multiarray", "_reconstruct"): _new_array,
    Name("numpy._core.multiarray", "scalar"): _scalar,
    Name("numpy._core.numeric", "_frombuffer"): _from_buffer,
    Name("numpy.ma.core", "_mareconstruct"): _masked,
    Name("numpy.random._pickle", "__bit_generator_ctor"): _bit_generator,
    Name("numpy.random._pickle", "__generator_ctor"): _random(np.random.Generator),
    Name("numpy.random._pickle", "__randomstate_ctor"): _random(np.random.RandomState),
    Name("numpy.random.bit_generator", "__pyx_unpickle_SeedSequence"): _seed_sequence,
}
ARGUMENTS = {
    ARRAY,
    MATRIX,
    *MASKED,
    Name("numpy.random.bit_generator", "SeedSequence"),
    *(Name(f"numpy.random._{name.lower()}", name) for name in BIT_GENERATORS),
}
INSTANCES: dict[Name, Function] = {
    Name("joblib.numpy_pickle", "NumpyArrayWrapper"): JoblibArray,
}
STATES: dict[str, Function] = {
    "Generator": ignore_state,
    "MaskedArray": _set_masked,
    "RandomState": set_random,
    "SeedSequence": ignore_state,
    "ndarray": _set_array,
}


def set_type_or_bits(made: Any) -> Function | None:
    """How a numpy type or a bit generator takes its state: each kind has a class of its own."""
    if isinstance(made, np.dtype):
        return _set_dtype
    return set_random if isinstance(made, np.random.BitGenerator) else None
