"""Fit many students for one teacher in parallel processes."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import fields, replace
from typing import Any

from crembo_cli.errors import StudentError
from crembo_cli.search.candidates import Candidate
from crembo_cli.search.student import Compression, Search, Stages, find_student
from crembo_cli.search.training_rows import TrainingRows
from crembo_cli.students.contract import Family
from crembo_cli.students.registry import attribute_errors

ROWS = ("train", "validation")  # fields of Compression that all candidates share
_shared: list[tuple[TrainingRows, TrainingRows, Search]] = []  # a worker's inputs


def fit_all(
    candidates: Sequence[Candidate],
    train: TrainingRows,
    validation: TrainingRows,
    search: Search,
    stages: Stages,
) -> list[Compression | StudentError]:
    """The result of `find_student` for each of `candidates`, in their order.

    A family from another package that fails gives its error instead. `search.threads` is the
    number of parallel processes; results do not depend on it. Raises StudentError where the
    system kills a process, as it does when memory runs out.
    """
    done = stages(f"fitting {len(candidates)} students", len(candidates))
    workers = min(search.threads, len(candidates))
    alone = replace(search, threads=max(1, search.threads // workers))
    if workers == 1:
        found = []
        for count, each in enumerate(candidates, start=1):
            found.append(_search(each.family, train, validation, alone))
            done(count)
        return found
    results: dict[int, Compression | StudentError] = {}
    for count, (number, parts) in enumerate(
        _fit_in_processes(candidates, (train, validation, alone), workers), 1
    ):
        if isinstance(parts, StudentError):
            results[number] = parts
        else:
            results[number] = Compression(**parts, train=train, validation=validation)
        done(count)
    return [results[number] for number in range(len(candidates))]


def _fit_in_processes(
    candidates: Sequence[Candidate], inputs: tuple[TrainingRows, TrainingRows, Search], workers: int
) -> Iterator[tuple[int, dict[str, Any] | StudentError]]:
    """The number of each candidate and the fields of its result, as they finish."""
    # A fork would share locks that threads of this process may hold.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, context, initializer=_init_worker, initargs=inputs)
    try:
        with _sigint_blocked():
            waiting = {pool.submit(_fit, each.family): k for k, each in enumerate(candidates)}
        for future in as_completed(waiting):
            yield waiting[future], future.result()
    except BaseException as error:
        # After Ctrl-C or an error, do not wait for the other fits.
        pool.shutdown(wait=False, cancel_futures=True)
        for child in multiprocessing.active_children():
            child.terminate()
        if isinstance(error, BrokenProcessPool):
            raise StudentError(
                "the system killed a process that fitted students",
                found=f"{workers} processes",
                hint="use a machine with more memory, or fewer processes: --jobs 1",
            ) from error
        raise
    pool.shutdown()


@contextmanager
def _sigint_blocked() -> Iterator[None]:
    """Block SIGINT in processes started meanwhile; the parent handles it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _init_worker(train: TrainingRows, validation: TrainingRows, search: Search) -> None:
    """Keep the inputs of all fits of this worker."""
    threading.Thread(target=_exit_with_parent, daemon=True).start()
    _shared.append((train, validation, search))


def _exit_with_parent() -> None:
    """End this worker when its parent is killed; it would wait forever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _search(
    family: Family, train: TrainingRows, validation: TrainingRows, search: Search
) -> Compression | StudentError:
    """The result for `family`, or its error."""
    try:
        with attribute_errors(family):
            return find_student(train, validation, family, search)
    except StudentError as error:
        return error


def _fit(family: Family) -> dict[str, Any] | StudentError:
    """The fields of the result, without the rows, which the parent has."""
    found = _search(family, *_shared[0])
    if isinstance(found, StudentError):
        return found
    return {each.name: getattr(found, each.name) for each in fields(found) if each.name not in ROWS}
