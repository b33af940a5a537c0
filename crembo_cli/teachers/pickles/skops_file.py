"""`.skops` files, loaded in the child process under the same lists as pickles.

Without `trust` the file is read here and not by skops: its schema names the same classes and
states as a pickle does, and ObjectBuilder makes and checks them in the same way.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections import OrderedDict, defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from crembo_cli.errors import TeacherError
from crembo_cli.teachers.pickles.guard.allowed_names import Name, not_allowed
from crembo_cli.teachers.pickles.guard.builder import ObjectBuilder
from crembo_cli.teachers.pickles.guard.checks import require, require_key
from crembo_cli.teachers.pickles.guard.numpy_parts import is_shape
from crembo_cli.teachers.pickles.guard.reconstructors import CALLS

DAMAGES = (
    zipfile.BadZipFile,
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    EOFError,
    IndexError,
    OSError,
    zlib.error,
)
CUT_SHORT = (zipfile.BadZipFile, EOFError, zlib.error)
KEYS = (str, int, float, bool)


def load_skops(path: Path, *, trust: bool) -> Any:
    """Load the object in `path`; with `trust`, whatever the file names, which runs its code.

    Raises:
        TeacherError: the file refers to what is on no list, or is no .skops file or a part of one.
    """
    try:
        if trust:
            import skops.io  # type: ignore[import-untyped] # it ships no types

            return skops.io.load(path, trusted=skops.io.get_untrusted_types(file=path))
        with zipfile.ZipFile(path) as archive:
            return SkopsReader(archive).load()
    except (TeacherError, MemoryError):
        raise
    except RecursionError as error:
        raise not_allowed("a schema nested too deeply") from error
    except DAMAGES as error:
        what = (
            "one that was cut short" if isinstance(error, CUT_SHORT) else "a damaged or forged one"
        )
        raise TeacherError(
            f"not a .skops file, or {what}" + ("" if trust else "; no code was executed"),
            found=f"{path.stat().st_size} bytes ({type(error).__name__}: {error})",
        ) from error


class SkopsReader:
    """Builds the object that the schema of one archive describes, node by node."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._builder = ObjectBuilder()
        self._made: dict[int, Any] = {}  # by the number under which the schema repeats an object

    def load(self) -> Any:
        """The object, checked with all that it holds."""
        found = self._build(json.loads(self._archive.read("schema.json")))
        self._builder.finish(found)
        return found

    def _build(self, node: dict[str, Any]) -> Any:
        number = node.get("__id__")
        if type(number) is int and number in self._made:
            return self._made[number]
        loader = f"_build_{str(node['__loader__']).removesuffix('Node').lower().lstrip('_')}"
        build = getattr(type(self), loader, None)
        if build is None or loader not in vars(SkopsReader):
            raise not_allowed(f"{_name(node)} by {node['__loader__']}")
        made = build(self, node)
        if type(number) is int:
            self._made[number] = made
        return made

    def _content(self, node: dict[str, Any], key: str) -> Any:
        return self._build(node["content"][key])

    def _build_json(self, node: dict[str, Any]) -> Any:
        return json.loads(node["content"])

    def _build_dict(self, node: dict[str, Any]) -> Any:
        kinds = self._build(node["key_types"])
        name = _name(node)
        ordered = name == Name("collections", "OrderedDict")
        plain = name == Name("builtins", "dict") or ordered
        made: Any = (OrderedDict() if ordered else {}) if plain else self._builder.instance(name)
        require(isinstance(made, dict), f"{name} as a dict")
        for kind, (key, value) in zip(kinds, node["content"].items(), strict=True):
            known = isinstance(kind, type) and (kind in KEYS or issubclass(kind, np.generic))
            require(known, f"a key of the type {kind}")
            made[kind(key)] = self._build(value)
        return made

    def _build_defaultdict(self, node: dict[str, Any]) -> Any:
        factory = self._content(node, "default_factory")
        made = self._builder.call(Name("collections", "defaultdict"), (factory,))
        require(isinstance(made, defaultdict), "an unusual defaultdict")
        content = self._content(node, "main")
        require(type(content) is dict, "an unusual defaultdict")
        made.update(content)
        return made

    def _build_list(self, node: dict[str, Any]) -> list[Any]:
        require(_name(node) == Name("builtins", "list"), f"{_name(node)} as a list")
        return [self._build(each) for each in node["content"]]

    def _build_tuple(self, node: dict[str, Any]) -> Any:
        parts = tuple(self._build(each) for each in node["content"])
        is_plain = _name(node) == Name("builtins", "tuple")
        return parts if is_plain else self._builder.instance(_name(node), parts)

    def _build_set(self, node: dict[str, Any]) -> set[Any]:
        parts = [self._build(each) for each in node["content"]]
        for each in parts:
            require_key(each)
        return set(parts)

    def _build_slice(self, node: dict[str, Any]) -> Any:
        bounds = tuple(node["content"][key] for key in ("start", "stop", "step"))
        return self._builder.call(Name("builtins", "slice"), bounds)

    def _build_bytes(self, node: dict[str, Any]) -> bytes:
        return self._archive.read(node["file"])

    def _build_bytearray(self, node: dict[str, Any]) -> bytearray:
        return bytearray(self._archive.read(node["file"]))

    def _build_function(self, node: dict[str, Any]) -> Any:
        return self._builder.find(*_name(node))

    _build_type = _build_function

    def _build_partial(self, node: dict[str, Any]) -> Any:
        function, arguments, options = (
            self._content(node, key) for key in ("func", "args", "kwds")
        )
        made = self._builder.call(Name("functools", "partial"), (function,))
        self._builder.set_state(made, (function, arguments, options, None))
        return made

    def _build_object(self, node: dict[str, Any]) -> Any:
        made = self._builder.instance(self._builder.find(*_name(node)))
        state = self._build(node["content"]) if "content" in node else None
        if state is not None:
            self._builder.set_state(made, state)
        return made

    def _build_constructorfromreduce(self, node: dict[str, Any]) -> Any:
        return self._builder.call(self._builder.find(*_name(node)), self._build(node["content"]))

    def _build_tree(self, node: dict[str, Any]) -> Any:
        made = self._builder.call(
            Name("sklearn.tree._tree", "Tree"), self._build(node["__reduce__"]["args"])
        )
        self._builder.set_state(made, self._build(node["content"]))
        return made

    def _build_loss(self, node: dict[str, Any]) -> Any:
        name = _name(node)
        require(name in CALLS, name)
        return self._builder.call(name, self._build(node["__reduce__"]["args"]))

    def _build_ndarray(self, node: dict[str, Any]) -> Any:
        if node["type"] == "numpy":
            found = np.load(io.BytesIO(self._archive.read(node["file"])), allow_pickle=False)
            kind = self._builder.find(*_name(node))
            if kind == Name("numpy", "ndarray"):
                return found
            require(isinstance(kind, type) and issubclass(kind, np.generic), f"{kind} of an array")
            return found.reshape(())[()]
        cells, shape = [self._build(each) for each in node["content"]], self._build(node["shape"])
        require(is_shape(shape), "an unusual array")
        flat = _flatten(cells, len(shape))
        array = np.empty(len(flat), dtype=object)
        array[:] = flat
        return array.reshape(shape)

    def _build_maskedarray(self, node: dict[str, Any]) -> Any:
        return np.ma.MaskedArray(self._content(node, "data"), self._content(node, "mask"))

    def _build_dtype(self, node: dict[str, Any]) -> Any:
        return self._build(node["content"]).dtype

    def _build_sparsematrix(self, node: dict[str, Any]) -> Any:
        from scipy.sparse import load_npz

        return load_npz(io.BytesIO(self._archive.read(node["file"])))

    def _build_randomstate(self, node: dict[str, Any]) -> Any:
        made = self._builder.call(Name("numpy.random._pickle", "__randomstate_ctor"), ())
        self._builder.set_state(made, self._build(node["content"]))
        return made

    def _build_randomgenerator(self, node: dict[str, Any]) -> Any:
        state = self._content(node, "bit_generator")
        maker = Name("numpy.random._pickle", "__bit_generator_ctor")
        bits = self._builder.call(maker, (state["bit_generator"],))
        self._builder.set_state(bits, state)
        return self._builder.call(Name("numpy.random._pickle", "__generator_ctor"), (bits,))


def _flatten(cells: list[Any], depth: int) -> list[Any]:
    """The cells of an array that is stored as lists in lists, `depth` deep."""
    for _ in range(depth - 1):
        cells = [cell for part in cells for cell in part]
    return cells if depth else cells[:1]


def _name(node: dict[str, Any]) -> Name:
    name = Name(node["__module__"], node["__class__"])
    require(type(name.module) is str and type(name.name) is str, "a name that is not text")
    return name
