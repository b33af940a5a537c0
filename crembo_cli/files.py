"""Write files in one step: a file is whole or absent, and never overwrites an input."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from crembo_cli.errors import InputError, OutputError, suggest

try:
    import fcntl
except ImportError:  # Windows, where no open file can be removed
    fcntl = None  # type: ignore[assignment]  # checked before each use


ADDRESS = re.compile(r"([a-z][a-z0-9+.-]+):/+(.*)")  # s3://bucket/key; not C:/folder


def refuse_address(path: str | Path, error: type[InputError]) -> None:
    """Raise `error` for an address such as s3://bucket/key, which is not a path."""
    found = ADDRESS.fullmatch(str(path))
    if found is not None:
        raise error(
            "addresses are not supported",
            where=f"{found[1]}://{found[2]}",  # a Path has one slash
            hint="copy the file to this machine, or mount it, and give its path",
        )


def existing_input(path: str | Path, error: type[InputError], wanted: str) -> Path:
    """The path of an input. Raises `error` for an address, and where there is no such file."""
    refuse_address(path, error)
    path = Path(path)
    if not path.exists():
        there = [each.name for each in path.parent.iterdir()] if path.parent.is_dir() else []
        near = suggest(path.name, there).get("hint")
        ending = {"wanted": wanted} if near is None else {"hint": near}
        raise error("no such file", where=str(path), **ending)
    return path


def check_output(path: Path, inputs: Sequence[Path], *, no_clobber: bool = False) -> None:
    """Raise OutputError where `path` cannot be written, or is one of `inputs`.

    With `no_clobber` it may not exist. Call it before a long run.
    """
    refuse_address(path, OutputError)
    where = str(path)
    with _named(path):
        target = path.resolve()
        there = target.exists()
        if there and no_clobber:
            raise OutputError(
                "the output exists", where=where, hint="remove it, or leave out --no-clobber"
            )
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
                "the output folder does not exist",
                where=where,
                found=f"no folder {str(target.parent)!r}",
                hint="create it, or choose another",
            )
        # Asking the permissions is not enough: a file system may be read-only or full.
        with new_part(target.parent):
            pass


def check_output_folder(path: Path) -> None:
    """Raise OutputError where no new folder `path` can be made. Call it before a long run."""
    refuse_address(path, OutputError)
    with _named(path):
        target = path.resolve()
        if target.exists() and not (target.is_dir() and not any(target.iterdir())):
            raise OutputError(
                "the output exists and is not an empty folder",
                where=f"{path}/",
                hint="remove it, or choose another",
            )
    check_output(target / "part" if target.is_dir() else target, ())


@contextmanager
def write_folder(path: Path) -> Iterator[Path]:
    """Make a new folder beside `path`, which moves there at the end; on an error it is removed.

    Raises OutputError for an error of the system.
    """
    with _named(path):
        target = path.resolve()
        folder = target.parent / f".crembo-{secrets.token_hex(8)}.parts"
        folder.mkdir()
    try:
        yield folder
        with _named(path):
            if target.is_dir():
                target.rmdir()  # which is empty, or an error
            folder.replace(target)
    finally:
        # A worker that still writes would make files while they are removed: it finds no folder.
        removed = folder.with_suffix(".removed")
        with contextlib.suppress(OSError):  # where it has moved to its place
            folder.rename(removed)
        shutil.rmtree(removed, ignore_errors=True)


def keep_files(folder: Path, names: set[str]) -> None:
    """Remove all but the files `names` from `folder`; raise OutputError where one is missing."""
    there = {each.name for each in folder.iterdir()}
    for name in there - names:
        (folder / name).unlink()
    if names - there:
        raise OutputError(
            "a part that a worker wrote is not here",
            where=min(names - there),
            wanted="an output folder that all workers share",
        )


@contextmanager
def write_in_parts(path: Path) -> Iterator[BinaryIO]:
    """Open a new file for `path`, which moves there at the end; on an error nothing is changed.

    Raises OutputError for an error of the system.
    """
    try:
        with _named(path):
            target = path.resolve()
        with new_part(target.parent) as (part, file):
            yield file
            file.flush()
            os.fsync(file.fileno())
            _close_on_windows(file)
            part.replace(target)
    except OSError as error:
        with _named(path):
            raise error


def write_together(files: Mapping[Path, bytes]) -> None:
    """Write all of `files`, path to content, each in one step; on an error none is changed.

    Each is written beside its place, flushed to the disk, and moved there; a symbolic link stays
    one, and what it points to is written. Files of two runs are never mixed, even if the process
    is killed in between: old files other than the first are taken away before the first is
    replaced, and new ones follow it. Raises OutputError.
    """
    with ExitStack() as parts:
        moves: list[Move] = []
        for path, content in files.items():
            with _named(path):
                target = path.resolve()
                part, file = parts.enter_context(new_part(target.parent))
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
                moves.append(Move(path=path, target=target, part=part))
                _close_on_windows(file)
        if len(moves) == 1:
            with _named(moves[0].path):
                moves[0].part.replace(moves[0].target)
        else:
            _move(moves, parts)


@dataclass(kw_only=True)
class Move:
    """A file on its way to its place."""

    path: Path  # as the user wrote it
    target: Path
    part: Path  # the new content, until it is moved
    old: Path | None = None  # the old content, until all files are moved


def _move(moves: Sequence[Move], parts: ExitStack) -> None:
    """Move several files to their targets; where one cannot be moved, put the old ones back."""
    try:
        for move in moves:
            with _named(move.path):
                if move.target.is_file():
                    old, file = parts.enter_context(new_part(move.target.parent))
                    shutil.copy2(move.target, old)
                    move.old = old
                    _close_on_windows(file)
        for move in moves[1:]:
            with _named(move.path):
                if move.old is not None:
                    move.target.unlink()
        for move in moves:
            with _named(move.path):
                move.part.replace(move.target)
    except BaseException:
        for move in moves:
            if move.old is not None:
                move.old.replace(move.target)
            elif not move.part.exists():  # it was moved to where there was no file
                move.target.unlink(missing_ok=True)
        raise


@contextmanager
def new_part(folder: Path) -> Iterator[tuple[Path, BinaryIO]]:
    """A new file in `folder` with a short name, removed at the end unless it was moved.

    It is locked while it is open: `_clear` removes the parts of processes that are gone.
    """
    _clear(folder)
    while True:
        path = folder / f".crembo-{secrets.token_hex(8)}.part"
        try:
            with path.open("xb") as file:
                locked = _lock(file.fileno())
                # Another run may take it for a dead one's between the two lines above.
                if locked is None or (locked and not os.fstat(file.fileno()).st_nlink):
                    continue
                yield path, file
                return
        finally:
            path.unlink(missing_ok=True)


def _close_on_windows(file: BinaryIO) -> None:
    """Close a file where the system moves no open one."""
    if fcntl is None:
        file.close()


def _clear(folder: Path) -> None:
    """Remove what killed runs left in `folder`: parts that no process has locked."""
    if fcntl is None:
        return
    for path in folder.glob(".crembo-*.part"):
        with contextlib.suppress(OSError):  # gone meanwhile, or somebody else's
            number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            try:
                if stat.S_ISREG(os.fstat(number).st_mode) and _lock(number):
                    path.unlink()
            finally:
                os.close(number)


def _lock(number: int) -> bool | None:
    """Lock an open file: True, None if another process has it, False where there are no locks."""
    if fcntl is None:
        return False
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return None
    except OSError:  # some network file systems
        return False
    return True


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
