"""Work shared between threads; no result depends on how many there are."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

WORTH_THREADS = 2_000_000  # steps of about 1 ns: below this, threads cost more than they save


def available_cores() -> int:
    """Count the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def in_threads(run: Callable[[int, int], None], count: int, threads: int, *, work: int) -> None:
    """Call `run(begin, end)` on parts of range(count), at most `threads` of them in parallel.

    `work` is the number of steps of all parts together; little work is done in one part. `run`
    must write only what belongs to its part; then the result does not depend on `threads`.
    Raises the first error of a part.
    """
    parts = min(threads, count) if work > WORTH_THREADS else 1
    if parts <= 1:
        run(0, count)
        return
    bounds = [count * part // parts for part in range(parts + 1)]
    with ThreadPoolExecutor(parts) as pool:
        list(pool.map(run, bounds[:-1], bounds[1:]))


def make_ahead(items: Iterator[Item]) -> Iterator[Item]:
    """Generate `items`, none of which is None; while one is used, a thread makes the next."""
    with ThreadPoolExecutor(1) as pool:
        following = pool.submit(next, items, None)
        while (item := following.result()) is not None:
            following = pool.submit(next, items, None)
            yield item


def call_behind(then: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """Generate `then` of each item, in order; while a thread calls it, the next item is made.

    Raises the first error, in that order.
    """
    with ThreadPoolExecutor(1) as pool:
        making, before = iter(items), None
        failed: Exception | None = None
        while failed is None:
            following: Future[Result] | None = None
            try:
                following = pool.submit(then, next(making))
            except StopIteration:
                break
            except Exception as error:  # the call before it may have failed, too
                failed = error
            if before is not None:
                yield before.result()
            before = following
        if failed is not None:
            raise failed
        if before is not None:
            yield before.result()


_lock = threading.Lock()
_limited: list[Any] = []  # the limit, once for each thread that wants it


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Limit BLAS to one thread, so that sums do not depend on the number of threads.

    The limit is the process's: it ends with the last of the threads that want it.
    """
    with _lock:
        if not _limited:
            _take_control()
        limit = _limited[0] if _limited else _find_blas().limit(limits=1)
        _limited.append(limit)
    try:
        yield
    finally:
        with _lock:
            _limited.remove(limit)
            if not _limited:
                _take_control()
                limit.restore_original_limits()


@cache
def _find_blas() -> Any:
    """Find the libraries, which takes longer than a small fit."""
    import scipy.linalg  # noqa: F401 - loads a BLAS of its own, which must be loaded to be limited
    from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped] # ships no types

    return ThreadpoolController().select(user_api="blas")


def _take_control() -> None:
    """Let this thread set limits: threadpoolctl silently ignores all threads but the first."""
    from threadpoolctl import OpenBLASController

    OpenBLASController.clear_controlling_thread(force=True)
