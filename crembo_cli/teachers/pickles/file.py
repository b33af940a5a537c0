"""Pickle and joblib files, loaded in the child process, by default under the allow-list.

A pickle is a program. What it can do is bounded by the names it can reach, so each name is
looked up in the allow-list before it is imported: a name that is not there ends the loading
before anything of it ran. Two ways around such a list are closed here as well: joblib stores
arrays of objects as pickles of their own, and the state of a numpy dtype can deny that its
items are pointers.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import pickle
import zlib
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from joblib.compressor import BinaryZlibFile
from joblib.numpy_pickle import NumpyArrayWrapper, NumpyUnpickler

from crembo_cli.errors import TeacherError
from crembo_cli.teachers.pickles.allowed_names import allowed_names, not_allowed

if TYPE_CHECKING:
    from collections.abc import Callable

DAMAGES = (  # what pickle, joblib and the decompressors raise at bytes that make no sense
    pickle.UnpicklingError,
    EOFError,
    IndexError,
    KeyError,
    OSError,
    OverflowError,
    TypeError,
    ValueError,
    lzma.LZMAError,
    zlib.error,
)
WRAPPER = ("joblib.numpy_pickle", "NumpyArrayWrapper")


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
        with _opened(path) as stream:
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

    def find_class(self, module: str, name: str) -> Any:
        """The class or function, where the list has it; raises TeacherError otherwise."""
        if (module, name) not in allowed_names():
            raise not_allowed(f"{module}.{name}")
        if (module, name) == WRAPPER:
            return GuardedArray
        return super().find_class(module, name)

    def load_build(self) -> None:
        """Sets an object's state; refuses a dtype whose state lies about what its items are."""
        super().load_build()
        if isinstance(self.stack[-1], np.dtype) and not _honest(self.stack[-1]):
            raise not_allowed("a numpy dtype that hides pointers")

    dispatch[pickle.BUILD[0]] = load_build


class GuardedArray(NumpyArrayWrapper):  # type: ignore[misc] # joblib ships no types
    """joblib's place-holder of an array; one of objects is read under the allow-list too."""

    def read_array(self, unpickler: GuardedUnpickler, ensure_native_byte_order: bool) -> Any:
        """The array that follows in the file."""
        if self.dtype.hasobject:
            return GuardedUnpickler(unpickler.file_handle).load()
        return super().read_array(unpickler, ensure_native_byte_order)


def _honest(dtype: np.dtype[Any]) -> bool:
    """Whether `dtype` says that it holds objects if it does, and has no field outside its item.

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


def _opened(path: Path) -> IO[bytes]:
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
        raise TeacherError(
            "the file is compressed with lz4, which is not read",
            hint="save it with joblib's zlib, gzip, bz2, xz or lzma, or uncompressed",
        )
    return path.open("rb")
