"""Pickle and joblib files, loaded in the child process, by default under the allow-list.

A pickle is a program. Here it runs on an unpickler that calls nothing by itself: every name,
call, instance and state goes to ObjectBuilder, which has an implementation of its own for the
few calls that a fitted classifier needs, and refuses the rest before anything of it ran.
"""

from __future__ import annotations

import bz2
import functools
import gzip
import lzma
import pickle
import re
import struct
import zlib
from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING
from collections import deque
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, ClassVar

import numpy as np
from joblib.compressor import BinaryZlibFile
from joblib.numpy_pickle import NumpyArrayWrapper

from crembo_cli.errors import TeacherError
from crembo_cli.teachers.pickles.guard.allowed_names import not_allowed
from crembo_cli.teachers.pickles.guard.builder import ObjectBuilder
from crembo_cli.teachers.pickles.guard.checks import require, require_key
from crembo_cli.teachers.pickles.guard.numpy_parts import JoblibArray, is_shape

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
    AssertionError,
    RecursionError,
    struct.error,
)
CUT_SHORT = (EOFError, lzma.LZMAError, struct.error, zlib.error)
ENDS = re.compile("truncated|exhausted|^index out of range$")  # words at the end of the bytes


def load_pickle(path: Path, *, trust: bool) -> Any:
    """The object in `path`, which `pickle` or joblib wrote, compressed or not.

    With `trust` the file's own code runs. Without, only names on the allow-list load.

    Raises:
        TeacherError: a name off the list, or a file that is not a whole pickle.
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
        short = isinstance(error, CUT_SHORT) or ENDS.search(str(error))
        forged = "one whose own code failed" if trust else "a damaged or forged one"
        what = "one that was cut short" if short else forged
        raise TeacherError(
            f"not a pickle, or {what}" + ("" if trust else "; no code was executed"),
            found=f"{path.stat().st_size} bytes ({type(error).__name__}: {error})",
        ) from error


PythonUnpickler: Any = pickle._Unpickler
REFUSED: tuple[str, ...] = (
    "INST",
    "OBJ",
    "NEWOBJ_EX",
    "PERSID",
    "BINPERSID",
    "EXT1",
    "EXT2",
    "EXT4",
)
REFUSED += ("NEXT_BUFFER", "READONLY_BUFFER")


def _refuse(opcode: str, _: GuardedUnpickler) -> None:
    raise not_allowed(f"the opcode {opcode}")


class GuardedUnpickler(PythonUnpickler):  # type: ignore[misc] # it has no types
    """An unpickler that looks nothing up and calls nothing: ObjectBuilder does, under its lists.

    It is the one written in Python, whose opcodes can be replaced one by one.
    """

    dispatch: ClassVar[dict[int, Callable[[Any], None]]] = PythonUnpickler.dispatch.copy()
    stack: list[Any]
    mmap_mode = None  # joblib's arrays ask for it

    def __init__(self, stream: IO[bytes]) -> None:
        super().__init__(stream)
        self.file_handle, self.np = stream, np  # where joblib's arrays are read from
        self._builder = ObjectBuilder()

    def load(self) -> Any:
        """The object in the file, checked with all that it holds."""
        found = super().load()
        self._builder.finish(found)
        return found

    def find_class(self, module: str, name: str) -> Any:
        """What a name stands for; see `ObjectBuilder.find`."""
        if self.proto < 3:  # names of Python 2
            module, name = NAME_MAPPING.get((module, name), (module, name))
            module = IMPORT_MAPPING.get(module, module)
        return self._builder.find(module, name)

    def load_reduce(self) -> None:
        """Replace a function and its arguments by the result."""
        arguments = self.stack.pop()
        self.stack[-1] = self._builder.call(self.stack[-1], arguments)

    def load_newobj(self) -> None:
        """Replace a class and its arguments by an instance."""
        arguments = self.stack.pop()
        self.stack[-1] = self._builder.instance(self.stack[-1], arguments)

    def load_build(self) -> None:
        """Fill the last object with its state, or read the array that it announces."""
        state = self.stack.pop()
        if isinstance(self.stack[-1], JoblibArray):
            self.stack[-1] = self._read_array(state)
        else:
            self._builder.set_state(self.stack[-1], state)

    def load_dict(self) -> None:
        """Make a dict of the pairs that were marked."""
        pairs = self.pop_mark()
        self.append({})
        self._fill(pairs)

    def load_setitems(self) -> None:
        """Put pairs into a dict."""
        self._fill(self.pop_mark())

    def load_setitem(self) -> None:
        """Put one pair into a dict."""
        value, key = self.stack.pop(), self.stack.pop()
        self._fill([key, value])

    def _fill(self, pairs: list[Any]) -> None:
        require(isinstance(self.stack[-1], dict), "items of something else than a dict")
        for key, value in zip(pairs[::2], pairs[1::2], strict=True):
            require_key(key)
            self.stack[-1][key] = value

    def load_appends(self) -> None:
        """Append to a list."""
        values = self.pop_mark()
        require(type(self.stack[-1]) in (list, deque), "an item of something else than a list")
        self.stack[-1].extend(values)

    def load_append(self) -> None:
        """Append one value to a list."""
        value = self.stack.pop()
        require(type(self.stack[-1]) in (list, deque), "an item of something else than a list")
        self.stack[-1].append(value)

    def load_additems(self) -> None:
        """Add to a set."""
        values = self.pop_mark()
        require(type(self.stack[-1]) is set, "an item of something else than a set")
        for value in values:
            require_key(value)
        self.stack[-1].update(values)

    def load_frozenset(self) -> None:
        """Make a frozenset of what was marked."""
        values = self.pop_mark()
        for value in values:
            require_key(value)
        self.append(frozenset(values))

    def _read_array(self, state: Any) -> Any:
        """The array that follows in a joblib file; one of objects is a pickle of its own."""
        require(type(state) is dict, "an unusual array of joblib")
        shape, dtype, order = (state.get(key) for key in ("shape", "dtype", "order"))
        require(isinstance(dtype, np.dtype) and is_shape(shape), "an unusual array of joblib")
        self._builder.close(dtype)
        if dtype.hasobject:
            found = GuardedUnpickler(self.file_handle).load()
            require(isinstance(found, np.ndarray), "an array of joblib that is none")
            return found
        alignment = state.get("numpy_array_alignment_bytes")
        require(alignment in (None, 16) and order in ("C", "F"), "an unusual array of joblib")
        announced = NumpyArrayWrapper(np.ndarray, shape, order, dtype, False, alignment)
        return announced.read_array(self, ensure_native_byte_order=True)

    for _code, _load in (
        (pickle.REDUCE, load_reduce),
        (pickle.NEWOBJ, load_newobj),
        (pickle.BUILD, load_build),
        (pickle.DICT, load_dict),
        (pickle.SETITEM, load_setitem),
        (pickle.SETITEMS, load_setitems),
        (pickle.APPEND, load_append),
        (pickle.APPENDS, load_appends),
        (pickle.ADDITEMS, load_additems),
        (pickle.FROZENSET, load_frozenset),
    ):
        dispatch[_code[0]] = _load
    for _name in REFUSED:
        dispatch[getattr(pickle, _name)[0]] = functools.partial(_refuse, _name)


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
    if start.startswith(b"PK"):  # P is an opcode, of the objects that lie outside the file
        raise pickle.UnpicklingError("a zip archive")
    for magic, unpack in unpackers.items():
        if start.startswith(magic):
            unpacked: IO[bytes] = unpack(str(path), "rb")
            return unpacked
    if start.startswith(b"\x04\x22\x4d\x18"):
        try:
            import lz4.frame
        except ImportError as error:
            raise TeacherError(
                "the file is compressed with lz4, which needs a package", hint="pip install lz4"
            ) from error
        inflated: IO[bytes] = lz4.frame.open(str(path), "rb")
        return inflated
    return path.open("rb")
