"""Pickle and joblib files, loaded in the child process, by default under the allow-list.

A pickle is a program. What it can do is bounded by the names it can reach, so each name is
looked up in the allow-list before it is imported: a name that is not there ends the loading
before anything of it ran. Two ways around such a list are closed here as well: joblib stores
arrays of objects as pickles of their own, and the state of a numpy dtype can deny that its
items are pointers.
"""

from __future__ import annotations

import bz2
import codecs
import copyreg
import gzip
import inspect
import lzma
import pickle
import zlib
from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING
from pathlib import Path
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from joblib.compressor import BinaryZlibFile
from joblib.numpy_pickle import NumpyArrayWrapper, NumpyUnpickler

from crembo_cli.errors import TeacherError
from crembo_cli.teachers.pickles.allowed_names import (
    allowed_names,
    callable_names,
    not_allowed,
)

if TYPE_CHECKING:
    from collections.abc import Callable

DAMAGES = (  # what pickle, joblib and the decompressors raise at bytes that make no sense
    pickle.UnpicklingError,
    EOFError,
    IndexError,
    KeyError,
    OSError,
    OverflowError,
    RuntimeError,
    TypeError,
    ValueError,
    lzma.LZMAError,
    zlib.error,
)
WRAPPER = ("joblib.numpy_pickle", "NumpyArrayWrapper")
SCORERS = "sklearn.metrics._scorer"


def load_pickle(path: Path, *, trust: bool) -> Any:
    """The object in `path`, which `pickle` or joblib wrote, compressed or not.

    With `trust` the file's own code runs. Without, only names on the allow-list load.

    Raises:
        TeacherError: a name off the list, or a file that is no pickle or a part of one.
    """
    try:
        if trust:
            import joblib

            return joblib.load(path)
        with open_unpacked(path) as stream:
            return GuardedUnpickler(stream).load()
    except (TeacherError, MemoryError):
        raise
    except ModuleNotFoundError as error:
        raise TeacherError(
            f"the file needs the module {error.name!r}, which is not installed here",
            hint=f"install it beside crembo (pip install {str(error.name).partition('.')[0]}),"
            " or add its folder to PYTHONPATH",
        ) from error
    except AttributeError as error:
        raise TeacherError(
            f"the file was made with other versions of its libraries: {error}",
            hint="save it again with the versions installed here, or install its own",
        ) from error
    except DAMAGES as error:
        raise TeacherError(
            f"not a pickle, or one that was cut short: {error}",
            found=f"{path.stat().st_size} bytes",
        ) from error


class GuardedUnpickler(NumpyUnpickler):  # type: ignore[misc] # joblib ships no types
    """joblib's unpickler, which finds nothing but the names on the allow-list."""

    dispatch = NumpyUnpickler.dispatch.copy()

    def __init__(self, stream: IO[bytes]) -> None:
        super().__init__("", stream, ensure_native_byte_order=True)
        self._callables: list[Any] = []  # what the file has named so far and may call

    def find_class(self, module: str, name: str) -> Any:
        """The class or function, where the list has it; raises TeacherError otherwise."""
        if self.proto < 3:  # protocols 0 to 2 write the names of Python 2
            module, name = NAME_MAPPING.get(
                (module, name), (IMPORT_MAPPING.get(module, module), name)
            )
        if (module, name) not in allowed_names() and module != SCORERS:
            raise not_allowed(f"{module}.{name}")
        if (module, name) == WRAPPER:
            return GuardedArray
        if module == SCORERS:
            return InertScorer
        found = super().find_class(module, name)
        if (module, name) in callable_names():
            self._callables.append(found)
        return found

    def load_reduce(self) -> None:
        """Call a function of the list of callables; refuse any other object on the stack."""
        called, arguments = self.stack[-2], self.stack[-1]
        empty = called is bytes and arguments == ()  # how protocols 0 to 2 write b""
        if not empty and not any(called is each for each in self._callables):
            raise not_allowed(f"a call of {_name(called)}")
        if called is copyreg._reconstructor and arguments[1:2] != (object,):  # type: ignore[attr-defined] # private, and what protocols 0 and 1 write
            raise not_allowed("a call of copyreg._reconstructor for a built-in base")
        if called is codecs.encode and arguments[1:] != ("latin1",):
            raise not_allowed("a call of _codecs.encode with another codec than latin1")
        super().load_reduce()

    dispatch[pickle.REDUCE[0]] = load_reduce

    def load_newobj(self) -> None:
        """Make an instance of a listed class without a call of its own code."""
        class_, arguments = self.stack[-2], self.stack[-1]
        if not isinstance(class_, type) or arguments:
            raise not_allowed(f"a call of {_name(class_)}.__new__ with arguments")
        super().load_newobj()

    dispatch[pickle.NEWOBJ[0]] = load_newobj

    def load_build(self) -> None:
        """Set the state of an instance; refuse a state that would change what it does."""
        _check_state(self.stack[-2], self.stack[-1])
        super().load_build()
        if isinstance(self.stack[-1], np.dtype) and not _honest(self.stack[-1]):
            raise not_allowed("a numpy dtype that hides pointers")

    dispatch[pickle.BUILD[0]] = load_build

    def _refuse(self) -> None:
        raise not_allowed("an opcode that no library writes for a fitted classifier")

    for _opcode in (
        *(pickle.INST, pickle.OBJ, pickle.NEWOBJ_EX),
        *(pickle.EXT1, pickle.EXT2, pickle.EXT4),
    ):
        dispatch[_opcode[0]] = _refuse


class InertScorer:
    """Stands for a scorer in a fitted search: scorers call what they hold, and none predicts."""


class GuardedArray(NumpyArrayWrapper):  # type: ignore[misc] # joblib ships no types
    """joblib's place-holder of an array; one of objects is read under the allow-list too."""

    def read_array(self, unpickler: GuardedUnpickler, ensure_native_byte_order: bool) -> Any:
        """The array that follows in the file."""
        if self.dtype.hasobject:
            return GuardedUnpickler(unpickler.file_handle).load()
        return super().read_array(unpickler, ensure_native_byte_order)


# State of these names is the name of a method to call, so it must be one that predicts.
METHOD_KEYS = {"stack_method", "stack_method_", "response_method", "_response_method"}
METHODS = {"auto", "predict", "predict_proba", "predict_log_proba", "decision_function", None}
NOT_INSTANCES = (type, FunctionType, BuiltinFunctionType, MethodType, ModuleType)


def _check_state(instance: Any, state: Any) -> None:
    """Raise TeacherError for a state that patches a class or hides a method of the instance.

    Every dictionary in the state is checked, since classes differ in how they take theirs.
    """
    if isinstance(instance, NOT_INSTANCES):
        raise not_allowed(f"a change of {_name(instance)}")
    parts = state if isinstance(state, tuple) else (state,)
    for part in parts:
        for key, value in part.items() if isinstance(part, dict) else ():
            if isinstance(key, str) and _is_behaviour(type(instance), key):
                raise not_allowed(f"a state that replaces {type(instance).__name__}.{key}")
            names = value if isinstance(value, list) else [value]
            if key in METHOD_KEYS and not all(
                each is None or (isinstance(each, str) and each in METHODS) for each in names
            ):
                raise not_allowed(f"a state that calls the method {value!r}")


def _is_behaviour(class_: type, key: str) -> bool:
    """Whether `key` is special, or a method of `class_` that an instance's state would hide."""
    if key.startswith("__") and key.endswith("__"):
        return True
    attribute = inspect.getattr_static(class_, key, None)
    # A property or a slot wins over the state; a function or another plain descriptor does not.
    return hasattr(attribute, "__get__") and not hasattr(attribute, "__set__")


def _name(value: Any) -> str:
    return (
        f"{getattr(value, '__module__', '')}.{getattr(value, '__qualname__', type(value).__name__)}"
    )


def _honest(dtype: np.dtype[Any]) -> bool:
    """Whether `dtype` declares the objects that it holds, and has no field outside its item.

    Records of objects are refused altogether: no fitted classifier needs them, and two fields
    of a record may overlap.
    """
    if dtype.subdtype is not None:
        return not dtype.hasobject and _honest(dtype.subdtype[0])
    if dtype.fields is not None:
        parts = [(part[0], part[1]) for part in dtype.fields.values()]
        return all(
            not dtype.hasobject
            and part.kind != "O"
            and _honest(part)
            and 0 <= offset <= dtype.itemsize - part.itemsize
            for part, offset in parts
        )
    return dtype.hasobject == (dtype.kind == "O")


def open_unpacked(path: Path) -> IO[bytes]:
    """The file, unpacked by what it begins with: joblib compresses by the file's name."""
    unpackers: dict[bytes, Callable[[str, str], Any]] = {
        b"\x1f\x8b": gzip.open,
        b"BZh": bz2.open,
        b"\xfd7zXZ": lzma.open,
        b"\x5d\x00\x00": lzma.open,
        b"\x78": BinaryZlibFile,
    }
    with path.open("rb") as stream:
        start = stream.read(8)
    for magic, unpack in unpackers.items():
        if start.startswith(magic):
            unpacked: IO[bytes] = unpack(str(path), "rb")
            return unpacked
    if start.startswith(b"\x04\x22\x4d\x18"):
        try:
            import lz4.frame  # type: ignore[import-untyped]  # it ships no types
        except ImportError as error:
            raise TeacherError(
                "the file is compressed with lz4, which needs a package", hint="pip install lz4"
            ) from error
        inflated: IO[bytes] = lz4.frame.open(str(path), "rb")
        return inflated
    return path.open("rb")
