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
from crembo_cli.students.plugins import attribute_errors

ROWS = ("fit", "validation")  # of a Compression: every contender's are the same
_given: list[
    tuple[TrainingRows, TrainingRows, Search]
] = []  # what all fits of this process work on


def fit_all(
    candidates: Sequence[Candidate],
    train: TrainingRows,
    validation: TrainingRows,
    search: Search,
    stages: Stages,
) -> list[Compression | StudentError]:
    """What `find_student` finds for each of `candidates`, in their order.

    Of a family that is plugged in and fails, the error that says so. `search.threads` is how
    many work at a time; what is found does not depend on it. Raises StudentError where the
    system ends a process, as it does when memory runs out.
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
        _raced(candidates, (train, validation, alone), workers), 1
    ):
        if isinstance(parts, StudentError):
            results[number] = parts
        else:
            results[number] = Compression(**parts, train=train, validation=validation)
        done(count)
    return [results[number] for number in range(len(candidates))]


def _raced(
    candidates: Sequence[Candidate], given: tuple[TrainingRows, TrainingRows, Search], workers: int
) -> Iterator[tuple[int, dict[str, Any] | StudentError]]:
    """The number and the found parts of each contender, as they come."""
    # A fork would share locks that threads of this process may hold.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, context, initializer=_begin, initargs=given)
    try:
        with _deaf_to_ctrl_c():
            waiting = {pool.submit(_fit, each.family): k for k, each in enumerate(candidates)}
        for future in as_completed(waiting):
            yield waiting[future], future.result()
    except BaseException as error:
        # Whatever is still at work, after Ctrl-C or an error, nobody waits for.
        pool.shutdown(wait=False, cancel_futures=True)
        for child in multiprocessing.active_children():
            child.terminate()
        if isinstance(error, BrokenProcessPool):
            raise StudentError(
                "a process that fitted students was ended by the system",
                found=f"{workers} at a time",
                hint="give it more memory, or fewer processes: --jobs 1",
            ) from error
        raise
    pool.shutdown()


@contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """What starts meanwhile never hears Ctrl-C, which is the parent's to hear: later, if then."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin(train: TrainingRows, validation: TrainingRows, search: Search) -> None:
    """Keep what all fits of this process share."""
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    _given.append((train, validation, search))


def _end_with_the_parent() -> None:
    """A parent that is killed tells nobody; without this its children would wait for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _search(
    family: Family, train: TrainingRows, validation: TrainingRows, search: Search
) -> Compression | StudentError:
    """What is found for `family`, or why nothing is."""
    try:
        with attribute_errors(family):
            return find_student(train, validation, family, search)
    except StudentError as fault:
        return fault


def _fit(family: Family) -> dict[str, Any] | StudentError:
    """The same, but for the rows, which the parent has."""
    found = _search(family, *_given[0])
    if isinstance(found, StudentError):
        return found
    return {each.name: getattr(found, each.name) for each in fields(found) if each.name not in ROWS}
