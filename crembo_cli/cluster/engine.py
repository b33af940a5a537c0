"""Where work on the blocks of a table is done: in this process, or by the workers of `--dask`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Protocol, TypeVar

from crembo_cli.cluster.shared import SharedFiles
from crembo_cli.errors import UsageError

ADDRESS = re.compile(r"(tcp|tls)://(\[[0-9a-fA-F:.]+\]|[^/:\s]+):[0-9]{1,5}")
LOCAL = re.compile("local:([0-9]{1,3})")
MOST_LOCAL = 256

Item = TypeVar("Item")
Result = TypeVar("Result")


class Engine(Protocol):
    """Workers: functions and items go to them by pickle, and results come back so."""

    @property
    def local(self) -> bool:
        """Whether they see the files of this machine."""
        ...

    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """Generate `function` of each item, in order; a bounded number is under way at a time.

        An item is done again where its worker died. Raises what `function` raises, and
        ClusterError where no worker is left.
        """
        ...

    def share(self, files: Mapping[str, Path], sha256: str) -> SharedFiles:
        """Send files by their names to each worker, once by the hash of them all."""
        ...

    def prepare(self, item: object) -> None:
        """Send `item` to each worker that is there, and wait for none of them.

        What it opens on its arrival opens while this process goes on. An error there is raised by
        the first call of `map` that sends it again.
        """
        ...


_current: ContextVar[Engine | None] = ContextVar("_current", default=None)


def current_engine() -> Engine | None:
    """Return the workers of this run; None: all is done in this process."""
    return _current.get()


def map_in_order(
    function: Callable[[Item], Result], items: Iterable[Item], engine: Engine | None = None
) -> Iterator[Result]:
    """Generate `function` of each item, in order, on the workers of this run if it has some."""
    engine = current_engine() if engine is None else engine
    return map(function, items) if engine is None else engine.map(function, items)


@contextmanager
def on_workers(address: str | None, inputs: Iterable[object] = ()) -> Iterator[None]:
    """Use the workers at `address` until the end: tcp://HOST:PORT, tls://HOST:PORT or local:N.

    None: all is done in this process. Raises UsageError for another text, for `inputs` that are
    not files and without Dask, ClusterError where there is no scheduler or a worker does not fit.
    """
    if address is None or current_engine() is not None:
        yield
        return
    for each in inputs:
        if each is not None and (not isinstance(each, str | Path) or str(each) == "-"):
            raise UsageError(
                "not available with --dask: workers read files",
                where="standard input" if isinstance(each, str | Path) else type(each).__name__,
                hint="write it to a file",
            )
    count = LOCAL.fullmatch(address)
    workers = None if count is None else int(count[1])
    right = ADDRESS.fullmatch(address) if workers is None else 1 <= workers <= MOST_LOCAL
    if not right:
        raise UsageError(
            "invalid address of a scheduler",
            where="--dask",
            found=repr(address),
            wanted="tcp://HOST:PORT, tls://HOST:PORT, or local:N for N workers on this machine",
        )
    try:
        from crembo_cli.cluster.dask_engine import connected
    except ModuleNotFoundError as error:
        raise UsageError(
            "Dask is not installed",
            where=f"--dask {address}",
            found=f"no {error.name}",
            hint="pip install 'crembo-cli[dask]'",
        ) from error
    with connected(address, workers) as engine:
        token = _current.set(engine)
        try:
            yield
        finally:
            _current.reset(token)


def refuse_workers(where: str, why: str, *, hint: str, here: bool = True) -> None:
    """Raise UsageError if this run has workers, which cannot read or query what `where` names.

    `here`: whether it cannot be done by those of this machine either.
    """
    engine = current_engine()
    if engine is not None and (here or not engine.local):
        raise UsageError(f"not available with --dask: {why}", where=where, hint=hint)
