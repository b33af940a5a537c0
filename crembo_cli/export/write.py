"""Writing in one step: a file is whole or it is not there, and never an input's."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from crembo_cli.errors import OutputError


def check_output(path: Path, inputs: Sequence[Path]) -> None:
    """Raise OutputError where `path` cannot be written, or is one of `inputs`.

    Meant to run before the work begins: nobody wants to learn of it an hour later.
    """
    where = str(path)
    if path.is_dir():
        raise OutputError("the output is a folder", where=where, wanted="a file's path")
    folder = path.parent
    if not folder.is_dir():
        raise OutputError(
            "the output's folder is not there", where=where, hint=f"make it: mkdir -p {folder}"
        )
    for given in inputs:
        if given.exists() and path.exists() and path.samefile(given):
            raise OutputError(
                "the output would overwrite an input", where=where, wanted="another path"
            )
    try:
        # Asking the permissions is not enough: a file system may be read-only or full.
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise OutputError(
            "the output's folder cannot be written to", where=where, found=str(error.strerror)
        ) from error


def write_together(files: Mapping[Path, bytes]) -> None:
    """Write all of `files`, path to content, each in one step; on an error none is changed.

    Each is written beside its place, flushed to the disk, and moved. Raises OutputError.
    """
    ready: list[tuple[Path, Path]] = []
    try:
        for path, content in files.items():
            try:
                ready.append((_write_beside(path, content), path))
            except OSError as error:
                raise OutputError(
                    "the output cannot be written", where=str(path), found=str(error.strerror)
                ) from error
        while ready:
            beside, path = ready[0]
            beside.replace(path)
            ready.pop(0)
    finally:
        for beside, _ in ready:
            beside.unlink(missing_ok=True)


def _write_beside(path: Path, content: bytes) -> Path:
    """Write `content` to a new file in the folder of `path`, with the rights of a usual file."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    beside = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        mask = os.umask(0)
        os.umask(mask)
        beside.chmod(0o666 & ~mask)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    return beside
