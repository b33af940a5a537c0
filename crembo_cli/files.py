"""Write files in one step: a file is whole or absent, and never overwrites an input."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from crembo_cli.errors import OutputError


def check_output(path: Path, inputs: Sequence[Path]) -> None:
    """Raise OutputError where `path` cannot be written, or is one of `inputs`.

    Call it before a long run.
    """
    where = str(path)
    with _named(path):
        target = path.resolve()
        there = target.exists()
        if target.is_dir():
            raise OutputError("the output is a folder", where=where, wanted="a file's path")
        if there and not target.is_file():
            raise OutputError("the output is a device or a pipe", where=where, wanted="a file")
        if any(there and given.exists() and target.samefile(given) for given in inputs):
            raise OutputError(
                "the output would overwrite an input", where=where, wanted="another path"
            )
        if not target.parent.is_dir():
            raise OutputError(
                "the output's folder is not there",
                where=where,
                found=f"no folder {str(target.parent)!r}",
                hint="make it first, or name another",
            )
        # Asking the permissions is not enough: a file system may be read-only or full.
        with tempfile.TemporaryFile(dir=target.parent):
            pass


def write_together(files: Mapping[Path, bytes]) -> None:
    """Write all of `files`, path to content, each in one step; on an error none is changed.

    Each is written beside its place, flushed to the disk, and moved there; a symbolic link stays
    one, and what it points to is written. Raises OutputError.
    """
    moves: list[tuple[Path, Path]] = []
    try:
        for path, content in files.items():
            with _named(path):
                target = path.resolve()
                moves.append((_beside(target), target))
                with moves[-1][0].open("xb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
        _move(moves)
    finally:
        for beside, _ in moves:
            beside.unlink(missing_ok=True)


def _move(moves: Sequence[tuple[Path, Path]]) -> None:
    """Move each file to its target; where one cannot be moved, put the old ones back."""
    several = len(moves) > 1
    kept = {target: _beside(target) for _, target in moves if several and target.exists()}
    moved: list[Path] = []
    try:
        for target, old in kept.items():
            with _named(target):
                shutil.copy2(target, old)
        for beside, target in moves:
            with _named(target):
                beside.replace(target)
            moved.append(target)
    except BaseException:
        for target in moved:
            if target in kept:
                kept[target].replace(target)
            else:
                target.unlink()
        raise
    finally:
        for old in kept.values():
            old.unlink(missing_ok=True)


def _beside(target: Path) -> Path:
    """A new name in the folder of `target`, short however long that one's is."""
    return target.with_name(f".crembo-{secrets.token_hex(8)}.part")


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Turn a system error into an OutputError that names `path`."""
    try:
        yield
    except (OSError, RuntimeError) as error:  # RuntimeError: links that go round in a circle
        raise OutputError(
            "the output cannot be written",
            where=str(path),
            found=getattr(error, "strerror", None) or str(error),
            wanted="a path that can be written to",
        ) from error
