"""Inputs at addresses (s3://bucket/key, https://...): copied once, for the time of a run.

All that follows reads files: the teacher's process may open no sockets, the hash of a table is
that of its bytes, and a table is read several times.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from crembo_cli.errors import InputError
from crembo_cli.files import ADDRESS

WILD = re.compile(r"[*?\[]")
WEB = ("http", "https")  # these have neither folders nor wildcards
# The copies by their addresses, and what removes them.
_kept: ContextVar[tuple[dict[str, Path], ExitStack] | None] = ContextVar("_kept", default=None)


@contextmanager
def input_copies() -> Iterator[None]:
    """Keep the copies of inputs in temporary folders, until the outermost of these ends."""
    if _kept.get() is not None:
        yield
        return
    with ExitStack() as folders:
        token = _kept.set(({}, folders))
        try:
            yield
        finally:
            _kept.reset(token)


def local_input(path: str | Path, error: type[InputError]) -> Path:
    """Return the path of an input: of its copy, if it is at an address and a run is under way.

    Files keep their names. A folder is copied with all that it holds, but for names that begin
    with `_` or `.`; of an address with wildcards, so is the folder before the first of them, with
    the files that match. Raises `error` where it cannot be read.
    """
    found = ADDRESS.fullmatch(str(path))
    kept = _kept.get()
    if found is None or kept is None:
        return Path(path)
    address = str(path)
    if isinstance(path, Path):  # which has one slash
        address = f"{found[1]}://{'/' if found[1] == 'file' else ''}{found[2]}"
    copies, folders = kept
    if address not in copies:
        import tempfile

        place = folders.enter_context(tempfile.TemporaryDirectory(prefix="crembo-inputs-"))
        copies[address] = _copy(address, Path(place), error)
    return copies[address]


def _copy(address: str, place: Path, error: type[InputError]) -> Path:
    """Copy what is at `address` into the folder `place`; return the path of the copy."""
    try:
        import fsspec
    except ImportError as cause:
        raise _lacking(address, "fsspec", error) from cause
    try:
        files, inner = fsspec.core.url_to_fs(address, skip_instance_cache=True)
        if address.startswith(tuple(f"{each}:" for each in WEB)):
            name = unquote(urlsplit(address).path).rstrip("/").rpartition("/")[2] or "index"
            files.get_file(inner, str(place / name))
            return place / name
        return _copy_tree(files, inner.rstrip("/"), place)
    except ImportError as cause:
        raise _lacking(address, str(cause.name or cause), error) from cause
    except Exception as cause:  # each file system has errors of its own
        why = "no such file" if isinstance(cause, FileNotFoundError) else "cannot read the file"
        known = str(cause) or type(cause).__name__
        raise error(why, where=address, found=None if why[:2] == "no" else known) from cause


def _copy_tree(files: Any, path: str, place: Path) -> Path:
    """Copy a file, a folder, or the files that match `path`."""
    if WILD.search(path) and not files.exists(path):
        base = path[: WILD.search(path).start()].rpartition("/")[0]  # type: ignore[union-attr]  # found above
        found = files.glob(path)
    elif files.isfile(path):
        base, found = path.rpartition("/")[0], [path]
    else:
        base, found = path, files.find(path)
    whole = place / (base.rpartition("/")[2] or "root")
    inner = {each: each[len(base) :].strip("/") for each in found}
    shown = {e: name for e, name in inner.items() if not re.search(r"(^|/)[_.]", name)}
    if not shown:
        raise FileNotFoundError(path)
    for each, name in shown.items():
        target = whole / name
        target.parent.mkdir(parents=True, exist_ok=True)
        files.get_file(each, str(target))
    return whole / inner[path] if found == [path] else whole


def _lacking(address: str, package: str, error: type[InputError]) -> InputError:
    return error(
        "a package that reads this address is not installed",
        where=address,
        found=f"no {package}",
        hint="pip install 'crembo-cli[remote]'",
    )
