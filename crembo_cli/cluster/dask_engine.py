"""Dask as the engine of a run: the one module that knows it.

The scheduler needs no crembo: it passes on what it cannot read.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import pickle
import secrets
import shutil
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import distributed

from crembo_cli.cluster.local_workers import local_workers
from crembo_cli.cluster.shared import SharedFiles, close_opened, keep_folder
from crembo_cli.cluster.versions import check_versions
from crembo_cli.errors import ClusterError, CremboError, DataError
from crembo_cli.signals import received_signal

CONNECT = 4.0  # seconds that a scheduler has to answer
WORKERS = 30.0  # seconds that a scheduler may be without workers
LOCAL = 120.0  # seconds for either, of processes that this one started: a busy machine is slow
POLL = 1.0  # seconds between looks at scheduler and workers, while a result is awaited
AHEAD = 2  # tasks for each thread: a worker need not wait for the next one
GOODBYE = 2.0  # seconds that the client has to close
LOGGERS = ("distributed", "distributed.client", "tornado.application", "asyncio")

Item = TypeVar("Item")
Result = TypeVar("Result")


@contextmanager
def connected(address: str, count: int | None) -> Iterator[DaskEngine]:
    """Connect to the scheduler at `address`, or start one with `count` workers.

    Raises ClusterError.
    """
    with ExitStack() as stack:
        stack.enter_context(_quiet())
        local = None if count is None else stack.enter_context(local_workers(count))
        if local is None:
            client = _connect(address, address, CONNECT)
        else:
            client = _connect(local.address, address, LOCAL)
        stack.callback(_close, client)
        engine = DaskEngine(client, address, None if local is None else local.check)
        stack.callback(engine.end)
        engine.wait_for_workers()
        yield engine


class DaskEngine:
    """An `Engine`; `check` raises where local processes have ended."""

    def __init__(
        self, client: distributed.Client, address: str, check: Callable[[], None] | None
    ) -> None:
        self._client, self._where, self._check = client, f"--dask {address}", check
        self.local = check is not None
        self._patience = LOCAL if self.local else WORKERS
        self._run = secrets.token_hex(8)
        self._shared: set[str] = set()
        self._fitting: set[str] = set()  # workers with the versions of this process
        self._prepared: list[Any] = []
        self._threads = 1
        self._seen = time.monotonic()  # when there was a worker

    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """See `Engine`."""
        pending: deque[Any] = deque()
        try:
            for item in items:
                if len(pending) >= AHEAD * self._threads:
                    yield self._result(pending.popleft())
                call = self._pickle(_Call(function, item))
                pending.append(self._client.submit(pickle.loads, call, pure=False))
            while pending:
                yield self._result(pending.popleft())
        finally:
            if pending and self._client.status == "running":
                with suppress(Exception):
                    self._client.cancel(list(pending))

    def share(self, files: Mapping[str, Path], sha256: str) -> SharedFiles:
        """See `Engine`."""
        key = f"crembo-{self._run}-{sha256[:16]}"
        if key not in self._shared:
            contents = {name: path.read_bytes() for name, path in files.items()}
            try:
                self._client.register_plugin(_KeepFiles(key, contents), name=key)
            except Exception as error:
                raise ClusterError(
                    "a worker could not keep a file", where=self._where, found=_line(error)
                ) from error
            self._shared.add(key)
        return SharedFiles(key=key)

    def prepare(self, item: object) -> None:
        """See `Engine`."""
        call = self._pickle(_Call(_receive, item))
        for worker in sorted(self._fitting):
            sent = self._client.submit(pickle.loads, call, workers=[worker], pure=False)
            self._prepared.append(sent)  # Dask forgets a task that nobody refers to

    def end(self) -> None:
        """Close what the workers opened, and remove the files that they were sent."""
        for key in self._shared:
            if self._client.status == "running":
                with suppress(Exception):
                    self._client.unregister_worker_plugin(key)

    def wait_for_workers(self) -> None:
        """Wait for a worker, and check that all have the versions of this process."""
        self._look()
        while not self._fitting:
            time.sleep(0.05)
            self._look()

    def _pickle(self, call: _Call) -> bytes:
        try:
            return pickle.dumps(call, protocol=pickle.HIGHEST_PROTOCOL)
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            raise ClusterError(
                "a part of this run cannot be sent to workers",
                where=self._where,
                found=_line(error),
                hint="leave --dask out",
            ) from error

    def _result(self, future: Any) -> Any:
        while True:
            interrupted = received_signal()
            if interrupted is not None:  # in a destructor of Dask, where it was lost
                raise interrupted
            try:
                return future.result(timeout=POLL)
            except CremboError:
                raise
            except (concurrent.futures.CancelledError, asyncio.CancelledError) as error:
                raise self._lost() from error
            except distributed.scheduler.KilledWorker as error:
                raise ClusterError(
                    "several workers ended while they did the same block",
                    where=self._where,
                    hint="they may have too little memory: give each more, or fewer threads",
                ) from error
            except TimeoutError:
                if future.status == "error":
                    raise
            except ModuleNotFoundError as error:
                self._fitting.clear()
                self._look()  # names the worker, where it lacks crembo
                raise ClusterError(
                    "a worker lacks a package", where=self._where, found=f"no {error.name}"
                ) from error
            self._look()

    def _look(self) -> None:
        """Raise ClusterError without scheduler or workers, or where a new worker does not fit."""
        if self._check is not None:
            self._check()
        if self._client.status != "running":
            time.sleep(POLL)  # it connects again after a short break
            if self._client.status != "running":
                raise self._lost()
        workers = self._client.scheduler_info(n_workers=-1)["workers"]
        now = time.monotonic()
        if workers:
            self._seen = now
        elif now - self._seen > self._patience:
            raise ClusterError(
                f"the scheduler has had no workers for {self._patience:.0f} seconds",
                where=self._where,
                hint="start some: dask worker tcp://HOST:PORT --nthreads 1",
            )
        self._threads = max(1, sum(each["nthreads"] for each in workers.values()))
        new = workers.keys() - self._fitting
        if new:
            if not self.local:
                check_versions(partial(self._client.run, workers=sorted(new), on_error="return"))
            self._fitting |= new

    def _lost(self) -> ClusterError:
        return ClusterError(
            "the connection to the scheduler was lost",
            where=self._where,
            hint="start it again with its workers, and run the command again",
        )


class _Call:
    """A call that unpickling makes: a scheduler that lacks crembo passes on its bytes."""

    def __init__(self, function: Callable[[Any], Any], item: object) -> None:
        self._parts = function, item

    def __reduce__(self) -> tuple[Any, ...]:
        return _call, self._parts


def _receive(item: object) -> None:
    """Do nothing about an item that opened what it needs when it was unpickled."""
    del item


def _call(function: Callable[[Any], Any], item: object) -> Any:
    try:
        return function(item)
    except DataError as error:
        if isinstance(error.__cause__, FileNotFoundError):
            raise ClusterError(
                f"{error}, on worker {distributed.get_worker().address}",
                hint="a table must be under the same path on all machines",
            ) from error
        raise


class _KeepFiles(distributed.WorkerPlugin):
    """Files for each worker, also for one that comes later."""

    def __init__(self, key: str, contents: Mapping[str, bytes]) -> None:
        self._key, self._contents = key, contents

    def setup(self, worker: distributed.Worker) -> None:
        """Write the files into the worker's own folder."""
        folder = self._folder(worker)
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in self._contents.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        keep_folder(self._key, folder)

    def teardown(self, worker: distributed.Worker) -> None:
        """Close what uses the files, and remove them."""
        close_opened(self._key)
        shutil.rmtree(self._folder(worker), ignore_errors=True)

    def _folder(self, worker: distributed.Worker) -> Path:
        return Path(worker.local_directory) / self._key


def _connect(target: str, address: str, timeout: float) -> distributed.Client:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on versions, which are checked below
            return distributed.Client(target, timeout=timeout, set_as_default=False)
    except Exception as error:
        raise ClusterError(
            "no scheduler of Dask answers",
            where=f"--dask {address}",
            found=_line(error),
            hint="start one: dask scheduler --port 8786; or use --dask local:N",
        ) from error


def _close(client: distributed.Client) -> None:
    with suppress(Exception):
        client.close(timeout=GOODBYE)


def _line(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what Dask logs from the terminal: errors state what the user must know."""
    loggers = [logging.getLogger(name) for name in LOGGERS]
    levels = [each.level for each in loggers]
    for each in loggers:
        each.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for each, level in zip(loggers, levels, strict=True):
            each.setLevel(level)
